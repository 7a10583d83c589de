import Transport

/// Answers kept by idempotency key, for at least 24 hours.
struct IdempotencyKeys: Sendable {
  struct Entry: Sendable {
    /// Method, path and body of the first request: another is a mismatch.
    var fingerprint: String
    var answer: HTTPResponse
    var requestID: String
    var at: Int
    /// Until then the first request counts as still running, and the key is in use (409).
    var busyUntil: Int
  }

  private var entries: [String: Entry] = [:]
  private var order: [String] = []

  subscript(key: String) -> Entry? { entries[key] }

  mutating func keep(_ entry: Entry, under key: String) {
    if entries.updateValue(entry, forKey: key) == nil { order.append(key) }
  }

  mutating func prune(before moment: Int) {
    let old = order.prefix { (entries[$0]?.at ?? 0) < moment }
    guard !old.isEmpty else { return }
    for key in old { entries[key] = nil }
    order.removeFirst(old.count)
  }
}
