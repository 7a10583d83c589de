import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Transport

/// The sandbox behind a socket, on loopback only.
///
/// It stands on Hummingbird's server without its application, because the application writes the `Date` of every answer
/// itself, and here that is the sandbox's clock.
package struct SandboxServer: Service {
  package enum Refusal: Error, Sendable, Equatable {
    /// Anyone could reach it; a sandbox has no locks on its doors.
    case notLoopback(String)
  }

  /// How long a redirect waits for the webhook of the session it completes; Stripe waits as long.
  static let longestRedirectWait = Duration.seconds(10)

  private let stripe: SandboxStripe
  private let host: String
  private let port: Int
  private let logger: Logger
  private let onListening: @Sendable (String) -> Void

  /// - Parameters:
  ///   - host: `127.0.0.1`, `::1` or `localhost`.
  ///   - port: 0 for any that is free.
  ///   - onListening: called once with the base URL, `http://127.0.0.1:12111`, without a slash at the end.
  package init(
    stripe: SandboxStripe, host: String, port: Int, logger: Logger,
    onListening: @escaping @Sendable (String) -> Void
  ) throws {
    guard ["127.0.0.1", "::1", "localhost"].contains(host) else { throw Refusal.notLoopback(host) }
    self.stripe = stripe
    self.host = host
    self.port = port
    self.logger = logger
    self.onListening = onListening
  }

  package func run() async throws {
    let (nudges, nudge) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let server = try HTTPServerBuilder.http1().buildServer(
      configuration: ServerConfiguration(address: .hostname(host, port: port)),
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger
    ) { [stripe] request, writer, _ in
      let response = try await Self.answer(request, from: stripe)
      nudge.yield()
      try await writer.write(response: response.head, body: response.body)
    } onServerRunning: { channel in
      let port = channel.localAddress?.port ?? port
      let base = "http://\(host == "::1" ? "[::1]" : host):\(port)"
      stripe.pageBase = base
      onListening(base)
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run() }
      group.addTask { [stripe] in
        for await _ in nudges { await stripe.deliverWebhooks() }
      }
      group.addTask {
        // What falls due by the clock alone: expiries, bank debits, deliveries tried again.
        while true {
          do { try await Task.sleep(for: .seconds(1)) } catch { return }
          nudge.yield()
        }
      }
      try await group.next()
      nudge.finish()
      group.cancelAll()
    }
  }

  private static func answer(_ request: Request, from stripe: SandboxStripe) async throws -> Response {
    guard let method = Transport.HTTPRequest.Method(rawValue: request.method.rawValue) else {
      return Response(status: .methodNotAllowed)
    }
    let body = try await request.body.collect(upTo: 1 << 20)
    let headers = request.headers.map { HTTPHeader($0.name.canonicalName, $0.value) }
    let whole = Transport.HTTPRequest(
      method: method, url: request.uri.string, headers: headers, body: Data(body.readableBytesView),
      timeout: .seconds(80))
    switch stripe.handle(whole) {
    case .answer(let response):
      if method == .post, response.status == 303, let session = session(in: request.uri.path) {
        await deliverCompletion(of: session, from: stripe)
      }
      return Response(response)
    case .dropped: return .broken
    }
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
  fileprivate init(_ response: Transport.HTTPResponse) {
    var fields = HTTPFields()
    for header in response.headers {
      if let name = HTTPField.Name(header.name) { fields.append(HTTPField(name: name, value: header.value)) }
    }
    self.init(
      status: .init(code: response.status), headers: fields,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: response.body)))
  }

  /// A head that promises a body, and then the connection closes: the client has no answer.
  fileprivate static var broken: Response {
    struct Broken: Error {}
    return Response(
      status: .ok, headers: [.contentLength: "1000", .connection: "close"],
      body: ResponseBody(contentLength: 1000) { _ in throw Broken() })
  }
}
