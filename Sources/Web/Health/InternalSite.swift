import Hummingbird
import Logging
import Templates

/// The internal listener: health and metrics, nothing else.
struct InternalSite: HTTPResponder {
  let links: Links
  let health: HealthDesk
  let logger: Logger

  func respond(to request: Request, context: WebContext) async throws -> Response {
    let response = answer(request)
    return request.method == .head ? response.createHeadResponse() : response
  }

  private func answer(_ request: Request) -> Response {
    do {
      switch links.match(path: request.uri.path) {
      case .healthz: return request.method.isSafe ? try health.health() : .notAllowed("GET, HEAD")
      case .metrics: return request.method.isSafe ? try health.metrics() : .notAllowed("GET, HEAD")
      case .recovery, .pay, .confirm, .day, .setup, .done, .webhook, nil: return .plain(.notFound, "not found")
      }
    } catch {
      logger.error("the ledger cannot be read", metadata: ["reason": "\(error)"])
      return .plain(.serviceUnavailable, "the ledger cannot be read")
    }
  }
}
