import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import Transport

/// A fault broke the connection.
private struct Dropped: Error {}

/// One request from the socket, to the sandbox, and back.
extension SandboxServer {
  static func answer(
    _ request: Request, from stripe: SandboxStripe, latency: Duration
  ) async throws -> Response {
    // A page of another origin asks first whether it may; it may, and the key decides about the rest.
    if request.method == .options { return .preflight }
    guard let method = Transport.HTTPRequest.Method(rawValue: request.method.rawValue) else {
      return Response(status: .methodNotAllowed)
    }
    let body = try await request.body.collect(upTo: 1 << 20)
    let headers = request.headers.map { HTTPHeader($0.name.canonicalName, $0.value) }
    let whole = Transport.HTTPRequest(
      method: method, url: request.uri.string, headers: headers, body: Data(body.readableBytesView),
      timeout: .seconds(80))
    let pause = request.uri.path.hasPrefix("/v1/") ? latency : .zero
    switch stripe.handle(whole, holdsKey: pause > .zero) {
    case .answer(let response):
      if method == .post, response.status == 303, let session = session(in: request.uri.path) {
        await deliverCompletion(of: session, from: stripe)
      }
      return Response(try await held(response, for: pause, by: stripe))
    case .late(let response, let seconds):
      return Response(try await held(response, for: pause + .seconds(seconds), by: stripe))
    case .truncated(let response):
      return .broken(after: try await held(response, for: pause, by: stripe))
    case .dropped:
      // Without a byte: the server closes the connection of whoever throws.
      throw Dropped()
    }
  }

  /// The answer, once its time has come.
  private static func held(
    _ response: Transport.HTTPResponse, for pause: Duration, by stripe: SandboxStripe
  ) async throws -> Transport.HTTPResponse {
    guard pause > .zero else { return response }
    defer { stripe.release(response) }
    try await Task.sleep(for: pause)
    return response
  }

  private static func session(in path: String) -> String? {
    let segments = path.split(separator: "/")
    return segments.count == 3 && segments[0] == "c" && segments[1] == "pay" ? String(segments[2]) : nil
  }

  /// The merchant hears of the session before its customer's browser comes back, if it answers in time.
  private static func deliverCompletion(of session: String, from stripe: SandboxStripe) async {
    guard let event = stripe.undeliveredCompletion(of: session) else { return }
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        _ = await stripe.deliver(of: event)
        while stripe.isBeingDelivered(event) {
          do { try await Task.sleep(for: .milliseconds(10)) } catch { return }
        }
      }
      group.addTask {
        do { try await Task.sleep(for: longestRedirectWait) } catch { return }
      }
      await group.next()
      group.cancelAll()
    }
  }
}

extension Response {
  fileprivate static var preflight: Response {
    var headers = HTTPFields()
    headers[.accessControlAllowOrigin] = "*"
    headers[.accessControlAllowMethods] = "GET, POST, DELETE"
    headers[.accessControlAllowHeaders] = "Authorization, Content-Type, Idempotency-Key, Stripe-Version"
    headers[.accessControlMaxAge] = "300"
    return Response(status: .noContent, headers: headers)
  }

  fileprivate init(_ response: Transport.HTTPResponse) {
    var fields = HTTPFields()
    for header in response.headers {
      if let name = HTTPField.Name(header.name) { fields.append(HTTPField(name: name, value: header.value)) }
    }
    self.init(
      status: .init(code: response.status), headers: fields,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: response.body)))
  }

  /// The head and the first half of the body, and then the connection closes.
  fileprivate static func broken(after whole: Transport.HTTPResponse) -> Response {
    struct Broken: Error {}
    var response = Response(whole)
    let half = ByteBuffer(bytes: whole.body.prefix(whole.body.count / 2))
    response.headers[.contentLength] = String(whole.body.count)
    response.headers[.connection] = "close"
    response.body = ResponseBody(contentLength: whole.body.count) { writer in
      try await writer.write(half)
      throw Broken()
    }
    return response
  }
}
