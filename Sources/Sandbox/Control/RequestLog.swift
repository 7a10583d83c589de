/// A request the sandbox has answered, for its log.
package struct SandboxLoggedRequest: Sendable, Equatable, Codable {
  package var at: Int
  package var method: String
  package var path: String
  /// The query and the form as they were sent, cut after 4,096 characters.
  package var parameters: String
  /// Zero when the connection was dropped.
  package var status: Int
  package var idempotencyKey: String?
  package var requestID: String
  package var isReplay: Bool
}

/// The newest requests, oldest first.
struct RequestLog: Sendable, Codable {
  private static let most = 10_000
  static let longestParameters = 4096

  private(set) var all: [SandboxLoggedRequest] = []

  mutating func add(_ request: SandboxLoggedRequest) {
    if all.count >= Self.most { all.removeFirst(Self.most / 10) }
    all.append(request)
  }
}

extension RequestLog {
  /// Those that a question asks for: by `method`, `path` (how it begins), `status`, `idempotency_key`, `request_id`,
  /// `contains` (in the parameters), `since` (Unix seconds), the newest `limit`.
  func matching(_ question: FormValue) -> [SandboxLoggedRequest] {
    let found = all.filter { request in
      (question.text("method").map { $0.uppercased() == request.method } ?? true)
        && (question.text("path").map { request.path.hasPrefix($0) } ?? true)
        && (question.integer("status").map { $0 == request.status } ?? true)
        && (question.text("idempotency_key").map { $0 == request.idempotencyKey } ?? true)
        && (question.text("request_id").map { $0 == request.requestID } ?? true)
        && (question.text("contains").map { request.parameters.contains($0) } ?? true)
        && (question.integer("since").map { $0 <= request.at } ?? true)
    }
    return found.suffix(max(0, question.integer("limit") ?? found.count))
  }
}
