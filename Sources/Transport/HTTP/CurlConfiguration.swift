/// What holds for every request of a ``CurlClient``.
package struct CurlConfiguration: Sendable {
  /// A PEM file with the authorities to trust instead of the system's.
  package var caFile: String?
  /// Sent unless the request has a `User-Agent` of its own.
  package var userAgent: String
  /// For name, connection and TLS together. A request also gives up, unsent, when it has waited this long for one of
  /// `maxConnectionsPerHost` to become free.
  package var connectTimeout: Duration
  /// Give at least as many as requests are sent at once: the rest waits for at most `connectTimeout`.
  package var maxConnectionsPerHost: Int
  /// Headers and body together; a larger answer is no answer.
  package var maxAnswerBytes: Int

  package init(
    caFile: String? = nil, userAgent: String, connectTimeout: Duration = .seconds(10),
    maxConnectionsPerHost: Int = 128, maxAnswerBytes: Int = 16 << 20
  ) {
    self.caFile = caFile
    self.userAgent = userAgent
    self.connectTimeout = connectTimeout
    self.maxConnectionsPerHost = maxConnectionsPerHost
    self.maxAnswerBytes = maxAnswerBytes
  }
}
