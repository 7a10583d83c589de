package import Foundation
package import Transport

/// Judges one exchange with Stripe by Stripe's own description of its API (`Fixtures/openapi.json`).
///
/// What it cannot judge, because no OpenAPI file says it: headers, and rules between fields.
package struct OpenAPIValidator: Sendable {
  /// What was found: violations are defects, a warning is an enum value in an answer that the file does not list.
  package struct Findings: Sendable, Equatable {
    package var violations: [String] = []
    package var warnings: [String] = []
  }

  /// Loaded on first use, once.
  package static let shared: OpenAPIValidator = {
    guard let url = Bundle.module.url(forResource: "openapi", withExtension: "json", subdirectory: "Fixtures") else {
      preconditionFailure("Fixtures/openapi.json is not in the bundle of TestSupport")
    }
    do {
      return try OpenAPIValidator(document: Data(contentsOf: url))
    } catch {
      preconditionFailure("Fixtures/openapi.json: \(error)")
    }
  }()

  struct Operation: Sendable {
    let form: OpenAPISchema?
    let query: OpenAPISchema
    let success: OpenAPISchema?
    let failure: OpenAPISchema?
  }

  struct Route: Sendable {
    /// `nil` stands for a parameter.
    let segments: [String?]
    let operations: [String: Operation]
  }

  package enum LoadingError: Error { case notJSON, noPaths }

  let schemas: [String: OpenAPISchema]
  /// By number of segments; those with the most literal segments first.
  let routes: [Int: [Route]]

  package init(document: Data) throws {
    guard let root = OpenAPIValue(json: document) else { throw LoadingError.notJSON }
    guard let paths = root["paths"]?.members else { throw LoadingError.noPaths }
    schemas = (root["components"]?["schemas"]?.members ?? [:]).mapValues(OpenAPISchema.init)
    let all = paths.map { path, methods in
      Route(
        segments: path.split(separator: "/").map { $0.hasPrefix("{") ? nil : String($0) },
        operations: (methods.members ?? [:]).mapValues(Self.operation))
    }
    routes = Dictionary(grouping: all, by: \.segments.count).mapValues { routes in
      routes.sorted { $0.segments.count(where: { $0 == nil }) < $1.segments.count(where: { $0 == nil }) }
    }
  }

  private static func operation(_ source: OpenAPIValue) -> Operation {
    func json(_ response: String) -> OpenAPISchema? {
      source["responses"]?[response]?["content"]?["application/json"]?["schema"].map(OpenAPISchema.init)
    }
    let content = source["requestBody"]?["content"]
    return Operation(
      form: content?["application/x-www-form-urlencoded"]?["schema"].map(OpenAPISchema.init),
      query: OpenAPISchema(query: source["parameters"]?.list ?? []),
      success: json("200"), failure: json("default"))
  }

  /// The violations of one exchange, each with its method, path and the bracketed name or the JSON path.
  package func check(request: HTTPRequest, response: HTTPResponse) -> [String] {
    examine(request: request, response: response).violations
  }

  /// The violations of one request, before or without an answer.
  package func check(request: HTTPRequest) -> [String] {
    examine(request: request, response: nil).violations
  }

  package func examine(request: HTTPRequest, response: HTTPResponse?) -> Findings {
    let (path, query) = Self.pathAndQuery(of: request.url)
    guard path == "/v1" || path.hasPrefix("/v1/") else { return Findings() }
    let place = "\(request.method.rawValue) \(path)"
    guard let route = route(for: path) else {
      return Findings(violations: ["\(place): no such path in the API"])
    }
    guard let operation = route.operations[request.method.rawValue.lowercased()] else {
      return Findings(violations: ["\(place): no such method on this path"])
    }
    var walk = OpenAPIWalk(schemas: schemas, place: place, isRequest: true)
    checkRequest(request, query: query, operation: operation, walk: &walk)
    if let response { checkResponse(response, operation: operation, walk: &walk) }
    return walk.findings
  }

  private func checkRequest(
    _ request: HTTPRequest, query: Substring, operation: Operation, walk: inout OpenAPIWalk
  ) {
    walk.visit(OpenAPIForm.parse(String(query)), operation.query, at: "")
    guard let text = String(bytes: request.body, encoding: .utf8) else {
      return walk.violation(at: "", "the body is not UTF-8")
    }
    if let form = operation.form {
      walk.visit(OpenAPIForm.parse(text), form, at: "")
    } else if !text.isEmpty {
      walk.violation(at: "", "takes no body")
    }
  }

  private func checkResponse(_ response: HTTPResponse, operation: Operation, walk: inout OpenAPIWalk) {
    walk.isRequest = false
    let isSuccess = (200..<300).contains(response.status)
    guard let schema = isSuccess ? operation.success : operation.failure else { return }
    guard let value = OpenAPIValue(json: response.body) else {
      // A broken gateway answers what it likes; Stripe's own refusals are JSON.
      if response.status < 500 { walk.violation(at: "", "answered \(response.status) with what is not JSON") }
      return
    }
    walk.visit(value, schema, at: "answer \(response.status)")
  }

  private func route(for path: String) -> Route? {
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    return routes[segments.count]?.first { route in
      zip(route.segments, segments).allSatisfy { template, segment in
        template.map { $0 == segment } ?? !segment.isEmpty
      }
    }
  }

  private static func pathAndQuery(of url: String) -> (String, Substring) {
    var rest = url[...]
    if let scheme = rest.range(of: "://") { rest = rest[scheme.upperBound...] }
    guard let slash = rest.firstIndex(of: "/") else { return ("/", "") }
    rest = rest[slash...]
    guard let mark = rest.firstIndex(of: "?") else { return (String(rest), "") }
    return (String(rest[..<mark]), rest[rest.index(after: mark)...])
  }
}
