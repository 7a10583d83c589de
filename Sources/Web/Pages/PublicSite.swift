import Domain
import Engine
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Templates

/// Everything that customers' browsers and Stripe reach: one match of the path, one switch.
struct PublicSite: HTTPResponder {
  /// Our forms are empty.
  static let mostBytes = 64 << 10

  let engine: Engine
  let pages: PageTemplates
  let configuration: WebConfiguration
  let doorbell: Doorbell
  let health: HealthDesk
  let webhooks: WebhookDesk
  let logger: Logger
  private let security: HTTPFields
  /// The policy of a page that uses Stripe's script; `nil` if none does.
  private let scriptPolicy: String?

  init(
    engine: Engine, pages: PageTemplates, configuration: WebConfiguration, doorbell: Doorbell, health: HealthDesk,
    webhooks: WebhookDesk, logger: Logger
  ) {
    self.engine = engine
    self.pages = pages
    self.configuration = configuration
    self.doorbell = doorbell
    self.health = health
    self.webhooks = webhooks
    self.logger = logger
    security = .pageSecurity(
      policy: pages.contentSecurityPolicy(formTargets: configuration.checkoutOrigins, stripe: nil))
    scriptPolicy = configuration.stripeScript.map {
      pages.contentSecurityPolicy(formTargets: configuration.checkoutOrigins, stripe: $0)
    }
  }

  func respond(to request: Request, context: WebContext) async throws -> Response {
    let visit = Visit(request)
    var response: Response
    do {
      response = try await answer(request, context, visit)
    } catch {
      logger.error(
        "a request failed",
        metadata: ["method": "\(request.method)", "path": "\(Self.shown(request.uri.path))", "reason": "\(error)"])
      response = page(.error(retryURL: nil), .internalServerError, visit.languages)
    }
    // A page that uses Stripe's script has brought a policy of its own.
    for field in security where response.headers[field.name] == nil { response.headers[field.name] = field.value }
    return request.method == .head ? response.createHeadResponse() : response
  }

  private func answer(_ request: Request, _ context: WebContext, _ visit: Visit) async throws -> Response {
    switch engine.links.match(path: request.uri.path) {
    case .webhook:
      return request.method == .post ? try await webhooks.take(request, context) : notAllowed("POST", visit)
    case .healthz: return request.method.isSafe ? try health.health() : notAllowed("GET, HEAD", visit)
    case .recovery(let charge):
      return request.method.isSafe ? try recovery(charge, visit) : notAllowed("GET, HEAD", visit)
    case .pay(let charge):
      // A browser that comes back here with a GET wants the page with the button.
      if request.method.isSafe { return .seeOther(engine.links.path(.recovery(charge))) }
      return try await posted(request, context, visit) { _ in try await pay(charge, visit) }
    case .setup(let link):
      if request.method.isSafe { return try setup(link, visit) }
      return try await posted(request, context, visit) { _ in try await saveMethod(link, visit) }
    case .done: return request.method.isSafe ? try await landing(visit) : notAllowed("GET, HEAD", visit)
    case .confirm(let charge):
      return try await posted(
        request, context, visit, allowed: "POST", tooLarge: { refusal(.contentTooLarge, .error, visit.languages) }
      ) { body in try await confirm(charge, body, visit) }
    case .day(let charge):
      let retry = Page.error(retryURL: engine.links.path(.recovery(charge)))
      return try await posted(
        request, context, visit, allowed: "POST", tooLarge: { page(retry, .contentTooLarge, visit.languages) }
      ) { body in try chooseDay(charge, body, visit) }
    case .metrics, nil: return page(.notFound, .notFound, visit.languages)
    }
  }

  /// Runs `action` for a POST whose body was read: most of our forms are empty.
  private func posted(
    _ request: Request, _ context: WebContext, _ visit: Visit, allowed: String = "GET, HEAD, POST",
    tooLarge: (() -> Response)? = nil, _ action: (_ body: Data) async throws -> Response
  ) async throws -> Response {
    guard request.method == .post else { return notAllowed(allowed, visit) }
    switch await BodyReading.read(
      request, upTo: Self.mostBytes, within: configuration.bodyTimeout, on: context.channel)
    {
    case .whole(let body): return try await action(body)
    case .tooLarge: return tooLarge?() ?? page(.error(retryURL: nil), .contentTooLarge, visit.languages)
    case .endless: return Response.plain(.contentTooLarge, "").hangingUp(context.channel, text: "too large\n")
    case .broken: return .plain(.badRequest, "the request was cut")
    }
  }

  func notAllowed(_ allowed: String, _ visit: Visit) -> Response {
    var response = page(.notFound, .methodNotAllowed, visit.languages)
    response.headers[.allow] = allowed
    return response
  }

  /// Whoever has a token can open its page, so none is written to a log.
  private static func shown(_ path: String) -> String {
    path.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true).first.map { "/\($0)" } ?? "/"
  }
}

extension PublicSite {
  /// A whole page, in the first of `locales` that there is.
  func page(_ page: Page, _ status: HTTPTypes.HTTPResponse.Status, _ locales: [String]) -> Response {
    var response = Response(
      status: status, headers: [.contentType: "text/html; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: pages.render(page, locales: locales))))
    if page.stripe != nil { response.headers[.contentSecurityPolicy] = scriptPolicy }
    return response
  }

  /// The customer's own languages first, then the browser's.
  func languages(of customer: Customer?, _ visit: Visit) -> [String] { (customer?.locales ?? []) + visit.languages }
}

/// What a page's handler needs of a request.
struct Visit: Sendable {
  /// As the browser prefers them.
  let languages: [String]
  let sessionID: CheckoutSessionID?

  init(_ request: Request) {
    languages = AcceptLanguage.locales(request.headers[.acceptLanguage] ?? "")
    let text = request.uri.queryParameters["session_id"].map(String.init) ?? ""
    let isOne = text.hasPrefix("cs_") && text.utf8.count <= 255 && text.utf8.allSatisfy(Self.isWordByte)
    sessionID = isOne ? CheckoutSessionID(text) : nil
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    switch UnicodeScalar(byte) {
    case "a"..."z", "A"..."Z", "0"..."9", "_": true
    default: false
    }
  }
}
