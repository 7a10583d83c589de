package import Foundation

/// Stripe's own sample objects (`Fixtures/fixtures.json`) and recorded exchanges (`Fixtures/recorded.jsonl`).
package enum StripeFixtures {
  package enum LoadingError: Error { case missing(String) }

  /// One recorded exchange with the real test API.
  package struct Exchange: Sendable {
    /// Its place in the recording.
    package let index: Int
    package let method: String
    package let path: String
    /// The form, as it was sent.
    package let body: String
    package let status: Int
    package let response: Data
    /// What the answer's header says it is rendered in: `2026-03-25.dahlia`.
    package let apiVersion: String
    /// Of the answer, in lower case.
    package let headers: [String: String]
  }

  /// Stripe's sample objects by name. They are shape samples, not coherent states.
  package static func objects() throws -> [String: Any] {
    let root = try JSONSerialization.jsonObject(with: file("fixtures", "json")) as? [String: Any]
    guard let resources = root?["resources"] as? [String: Any] else { throw LoadingError.missing("resources") }
    return resources
  }

  package static func object(_ name: String) throws -> [String: Any] {
    guard let object = try objects()[name] as? [String: Any] else { throw LoadingError.missing(name) }
    return object
  }

  package static func data(_ name: String) throws -> Data {
    try JSONSerialization.data(withJSONObject: object(name))
  }

  /// In the order of recording; older API versions than ours, all of them.
  package static func exchanges() throws -> [Exchange] {
    try file("recorded", "jsonl").split(separator: UInt8(ascii: "\n")).enumerated().map { index, line in
      let root = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
      guard let root, let method = root["method"] as? String, let path = root["path"] as? String,
        let body = root["body"] as? String, let status = root["status"] as? Int, let response = root["response"],
        let headers = root["response_headers"] as? [String: String], let version = headers["stripe-version"]
      else { throw LoadingError.missing("method, path, body, status, response or stripe-version") }
      return Exchange(
        index: index, method: method, path: path, body: body, status: status,
        response: try JSONSerialization.data(withJSONObject: response, options: [.fragmentsAllowed]),
        apiVersion: version, headers: headers)
    }
  }

  private static func file(_ name: String, _ suffix: String) throws -> Data {
    guard let url = Bundle.module.url(forResource: name, withExtension: suffix, subdirectory: "Fixtures") else {
      throw LoadingError.missing("\(name).\(suffix)")
    }
    return try Data(contentsOf: url)
  }
}
