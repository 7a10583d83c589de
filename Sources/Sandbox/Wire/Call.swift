import Transport

/// One API request, read and authenticated, as the operations see it.
struct Call: Sendable {
  var method: HTTPRequest.Method
  var path: String
  /// What the `{}` of the route's path stand for.
  var arguments: [String]
  var parameters: FormValue
  var requestID: String
  var idempotencyKey: String?
  /// The API version this request asks for.
  var version: String
  var caller: Caller
  /// Of an intent; what a browser shows in place of a secret key.
  var clientSecret: String?

  /// Whether the version is at least the one of that date; versions are `YYYY-MM-DD.name`.
  func isVersion(from date: String) -> Bool { version.prefix(10) >= date }
}

/// Reading parameters by name. An empty text is an unset parameter and reads as nil.
extension FormValue {
  func has(_ key: String) -> Bool { self[key] != nil }

  func text(_ key: String) -> String? {
    guard let text = self[key]?.text, !text.isEmpty else { return nil }
    return text
  }

  func integer(_ key: String) -> Int? { text(key).flatMap { Int($0) } }
  func flag(_ key: String) -> Bool? { text(key).map { $0 == "true" } }
  func strings(_ key: String) -> [String]? { self[key]?.elements?.compactMap(\.text) }

  func without(_ key: String) -> FormValue { .map(members.filter { $0.key != key }) }

  /// A value for an object's field: null when not given.
  func json(_ key: String) -> JSON { JSON(text(key)) }

  /// `metadata` laid over what there is: an empty value takes its key away, an empty whole all of them.
  func metadata(over old: JSON = [:]) -> JSON {
    guard let given = self["metadata"] else { return old }
    if given.text == "" { return [:] }
    var members = old.members
    for (key, value) in given.members {
      guard let text = value.text else { continue }
      members[key] = text.isEmpty ? nil : .string(text)
    }
    return .object(members)
  }
}
