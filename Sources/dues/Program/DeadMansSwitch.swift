import Foundation
import Logging
import Transport

/// Calls `operator.ping_url` after a good tick: whoever watches that address says when the calls stop.
struct DeadMansSwitch: Sendable {
  let url: String
  let http: HTTPClient
  let logger: Logger

  /// One that fails is only logged: the watcher will miss it.
  func ping() async {
    do {
      let response = try await http.send(
        HTTPRequest(method: .get, url: url, headers: [], body: Data(), timeout: .seconds(10)))
      guard !(200..<300).contains(response.status) else { return }
      logger.warning("operator.ping_url answered \(response.status)")
    } catch {
      logger.warning("operator.ping_url could not be called", metadata: ["reason": "\(error.reason)"])
    }
  }
}

extension Program {
  /// `nil` if none is wanted.
  var deadMansSwitch: DeadMansSwitch? {
    configuration.operator.pingURL.map { DeadMansSwitch(url: $0, http: http, logger: logger) }
  }
}
