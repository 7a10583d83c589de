package import Transport

/// Trouble to come: the next `count` requests that match get it instead of their answer.
package struct SandboxFault: Sendable, Equatable, Codable {
  package enum Kind: String, Sendable, CaseIterable, Codable {
    /// Refused by a rate limiter, which runs before everything and keeps nothing.
    case tooManyRequests = "429"
    /// 429 as well, but because the object is in use; nothing is done or kept.
    case lockTimeout = "lock_timeout"
    /// 500 with nothing done and nothing kept.
    case failsBefore = "500_before"
    /// 500 with nothing done, which stays the answer of its idempotency key (docs/STRIPE.md §5: 500s are kept).
    case keepsFailure = "500_kept"
    /// Done, but the answer is a 500, and stays one for its idempotency key.
    case failsAfter = "500_after"
    /// The key is in use by another request.
    case conflict = "409"
    /// The connection breaks before anything is done.
    case dropsBefore = "drop_before"
    /// Done, but nobody hears of it.
    case dropsAfter = "drop_after"
    /// Done, nobody hears of it, and the key answers 409 for 30 seconds more.
    case dropsRunning = "drop_running"
    /// Done, and the answer comes after `seconds`; until then its key is in use.
    case slow
    /// Done, and the answer breaks off in its middle.
    case truncated = "truncate"
    /// Done, and a gateway answers 502 with a page instead.
    case gateway = "502_after"
  }

  /// Which rate limiter refuses (docs/STRIPE.md §7).
  package enum Limit: String, Sendable, CaseIterable, Codable {
    case globalRate = "global-rate"
    case endpointRate = "endpoint-rate"
    case globalConcurrency = "global-concurrency"
    case endpointConcurrency = "endpoint-concurrency"
    case resourceSpecific = "resource-specific"
  }

  package var method: HTTPRequest.Method?
  package var pathPrefix: String
  package var kind: Kind
  package var count: Int
  /// What ``Kind/tooManyRequests`` says.
  package var limit: Limit
  /// How long ``Kind/slow`` takes.
  package var seconds: Int

  package init(
    _ kind: Kind, method: HTTPRequest.Method? = nil, pathPrefix: String = "/v1/", count: Int = 1,
    limit: Limit = .endpointRate, seconds: Int = 1
  ) {
    self.kind = kind
    self.method = method
    self.pathPrefix = pathPrefix
    self.count = count
    self.limit = limit
    self.seconds = seconds
  }

  private enum CodingKeys: String, CodingKey { case method, pathPrefix, kind, count, limit, seconds }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    method = try values.decodeIfPresent(String.self, forKey: .method).flatMap(HTTPRequest.Method.init(rawValue:))
    pathPrefix = try values.decode(String.self, forKey: .pathPrefix)
    kind = try values.decode(Kind.self, forKey: .kind)
    count = try values.decode(Int.self, forKey: .count)
    limit = try values.decode(Limit.self, forKey: .limit)
    seconds = try values.decode(Int.self, forKey: .seconds)
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encodeIfPresent(method?.rawValue, forKey: .method)
    try values.encode(pathPrefix, forKey: .pathPrefix)
    try values.encode(kind, forKey: .kind)
    try values.encode(count, forKey: .count)
    try values.encode(limit, forKey: .limit)
    try values.encode(seconds, forKey: .seconds)
  }
}

typealias Fault = SandboxFault

extension Account {
  /// The first fault in the queue that fits, used up by one.
  mutating func takeFault(_ method: HTTPRequest.Method, _ path: String) -> Fault? {
    let index = faults.firstIndex {
      ($0.method == nil || $0.method == method) && path.hasPrefix($0.pathPrefix) && $0.count > 0
    }
    guard let index else { return nil }
    let fault = faults[index]
    faults[index].count -= 1
    if faults[index].count == 0 { faults.remove(at: index) }
    return fault
  }
}
