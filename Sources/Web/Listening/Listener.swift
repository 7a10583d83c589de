import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// Why the server cannot start.
package enum ListenError: Error, Sendable, Equatable, CustomStringConvertible {
  case cannotListen(host: String, port: Int, reason: String)

  package var description: String {
    switch self {
    case .cannotListen(let host, let port, let reason):
      "cannot listen on \(host):\(port) (\(reason)); stop what listens there, or change [server] in the configuration"
    }
  }
}

/// One socket with what answers behind it.
struct Listener<Responder: HTTPResponder>: Service where Responder.Context == WebContext {
  /// More wait to be let in; a small machine must not drown.
  private static var mostConnections: Int { 512 }

  let host: String
  let port: Int
  let idleTimeout: Duration
  let responder: Responder
  let logger: Logger
  let onListening: @Sendable (String) -> Void

  func run() async throws {
    let application = Application(
      responder: responder,
      server: .http1(configuration: HTTP1Channel.Configuration(idleTimeout: TimeAmount(idleTimeout))),
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: port),
        availableConnectionsDelegate: MaximumAvailableConnections(Self.mostConnections)),
      onServerRunning: { channel in
        let name = host.contains(":") ? "[\(host)]" : host
        onListening("http://\(name):\(channel.localAddress?.port ?? port)")
      }, logger: logger)
    do {
      try await application.run()
    } catch let error as IOError {
      throw ListenError.cannotListen(
        host: host, port: port, reason: String(cString: strerror(error.errnoCode)).lowercased())
    }
  }
}

/// What a request's handler knows beside the request: its connection.
struct WebContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }
}

/// Collects where the listeners came to listen, and tells it once all are known.
final class AddressBoard: Sendable {
  private let lock = NSLock()
  /// Both touched only while `lock` is held.
  nonisolated(unsafe) private var publicURL: String?
  nonisolated(unsafe) private var internalURL: String?
  private let hasInternal: Bool
  private let whenComplete: @Sendable (String, String?) -> Void

  init(hasInternal: Bool, whenComplete: @escaping @Sendable (String, String?) -> Void) {
    self.hasInternal = hasInternal
    self.whenComplete = whenComplete
  }

  @Sendable func setPublic(_ url: String) { set { publicURL = url } }
  @Sendable func setInternal(_ url: String) { set { internalURL = url } }

  private func set(_ change: () -> Void) {
    let complete: (String, String?)? = lock.withLock {
      change()
      guard let publicURL, internalURL != nil || !hasInternal else { return nil }
      return (publicURL, internalURL)
    }
    if let complete { whenComplete(complete.0, complete.1) }
  }
}
