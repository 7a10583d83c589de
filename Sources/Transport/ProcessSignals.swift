import Glibc

/// What the process must settle once about signals before it talks to anyone.
package enum ProcessSignals {
  /// Makes a write to a closed connection an error instead of the end of the process.
  ///
  /// libcurl runs with `CURLOPT_NOSIGNAL`, because it is used from several threads, and then leaves this to the
  /// program: OpenSSL writes without `MSG_NOSIGNAL`. ``CurlClient`` and the mail transports call it themselves. A
  /// program started by this one inherits the setting.
  package static func ignoreBrokenPipe() {
    signal(SIGPIPE, SIG_IGN)
  }
}
