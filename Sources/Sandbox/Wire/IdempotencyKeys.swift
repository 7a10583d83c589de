import Foundation
import Transport

/// Answers kept by idempotency key, for at least 24 hours (docs/STRIPE.md §5).
struct IdempotencyKeys: Sendable, Codable {
  struct Entry: Sendable, Codable {
    /// Method, path and body of the first request: another is a mismatch.
    var fingerprint: String
    var answer: KeptAnswer
    var requestID: String
    var at: Int
    /// Until then the first request counts as still running, and the key is in use (409).
    var busyUntil: Int
  }

  private var entries: [String: Entry] = [:]
  private var order: [String] = []
  /// Keys whose first answer is still on its way out. Not kept in the state file: no connection outlives its program.
  ///
  /// By key, the request that is answered.
  private var running: [String: String] = [:]

  private enum CodingKeys: String, CodingKey { case entries, order }

  subscript(key: String) -> Entry? { entries[key] }

  mutating func keep(_ entry: Entry, under key: String) {
    if entries.updateValue(entry, forKey: key) == nil { order.append(key) }
  }

  func isBusy(_ key: String, at now: Int) -> Bool {
    running[key] != nil || (entries[key].map { $0.busyUntil > now } ?? false)
  }

  mutating func begin(_ key: String, by requestID: String) { running[key] = requestID }

  /// Whoever did not begin does not finish.
  mutating func finish(_ key: String, by requestID: String) {
    if running[key] == requestID { running[key] = nil }
  }

  mutating func prune(before moment: Int) {
    let old = order.prefix { (entries[$0]?.at ?? 0) < moment }
    guard !old.isEmpty else { return }
    for key in old { entries[key] = nil }
    order.removeFirst(old.count)
  }
}

/// An answer as it lies in the memory, and in the state file.
struct KeptAnswer: Sendable, Codable {
  private struct Header: Sendable, Codable {
    var name: String
    var value: String
  }

  private var status: Int
  private var headers: [Header]
  private var body: Data

  init(_ response: HTTPResponse) {
    status = response.status
    headers = response.headers.map { Header(name: $0.name, value: $0.value) }
    body = response.body
  }

  var response: HTTPResponse {
    HTTPResponse(status: status, headers: headers.map { HTTPHeader($0.name, $0.value) }, body: body)
  }
}
