package import Foundation
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

  /// What a person may want of it beyond the address.
  package struct Options: Sendable {
    /// How long every answer of the API takes; Stripe's takes some 300 ms.
    package var latency = Duration.zero
    /// Where the memory is kept, within a second of each change and when it stops; `nil`: nowhere.
    package var stateFile: URL?

    package init() {}
  }

  /// How long a redirect waits for the webhook of the session it completes; Stripe waits as long.
  static let longestRedirectWait = Duration.seconds(10)

  private let stripe: SandboxStripe
  private let host: String
  private let port: Int
  private let logger: Logger
  private let options: Options
  private let onListening: @Sendable (String) -> Void

  /// - Parameters:
  ///   - host: `127.0.0.1`, `::1` or `localhost`.
  ///   - port: 0 for any that is free.
  ///   - options: how long an answer takes, and where the memory is kept.
  ///   - onListening: called once with the base URL, `http://127.0.0.1:12111`, without a slash at the end.
  package init(
    stripe: SandboxStripe, host: String, port: Int, options: Options = Options(), logger: Logger,
    onListening: @escaping @Sendable (String) -> Void
  ) throws {
    guard ["127.0.0.1", "::1", "localhost"].contains(host) else { throw Refusal.notLoopback(host) }
    self.stripe = stripe
    self.host = host
    self.port = port
    self.options = options
    self.logger = logger
    self.onListening = onListening
  }

  package func run() async throws {
    let (nudges, nudge) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let server = try HTTPServerBuilder.http1().buildServer(
      configuration: ServerConfiguration(address: .hostname(host, port: port)),
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger
    ) { [stripe, options] request, writer, _ in
      let response = try await Self.answer(request, from: stripe, latency: options.latency)
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
      if let file = options.stateFile {
        group.addTask { [stripe] in try await StateKeeper(stripe: stripe, file: file).run() }
      }
      try await group.next()
      nudge.finish()
      group.cancelAll()
    }
    if let file = options.stateFile { try StateKeeper(stripe: stripe, file: file).write() }
  }
}
