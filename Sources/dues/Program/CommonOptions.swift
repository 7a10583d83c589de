import ArgumentParser
import Domain
import Logging

/// What every command takes.
struct CommonOptions: ParsableArguments {
  @Option(help: "The configuration file; else $DUES_CONFIG, ./config.toml, /etc/dues/config.toml.")
  var config: String?

  @Flag(help: "Print one JSON document, or one object a line for lists; logs go to stderr.")
  var json = false

  @Option(help: "Start the clock at this time (RFC 3339), and let it run on; not with a live key. Also $DUES_NOW.")
  var now: String?

  @Option(help: "How much to log to stderr: debug, info, warning or error.")
  var logLevel: LogLevel = .warning

  enum LogLevel: String, ExpressibleByArgument, CaseIterable { case debug, info, warning, error }

  func validate() throws {
    if let now, Timestamp(rfc3339: now) == nil {
      throw ValidationError("--now \"\(now)\" is not a time; write it like 2026-08-31T09:00:00Z")
    }
  }

  var logger: Logger {
    var logger = Logger(label: "dues") { label in StreamLogHandler.standardError(label: label) }
    logger.logLevel =
      switch logLevel {
      case .debug: .debug
      case .info: .info
      case .warning: .warning
      case .error: .error
      }
    return logger
  }
}
