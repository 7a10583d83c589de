import ArgumentParser
import Foundation

extension Configuration {
  /// The configuration that a command's options name, for commands that need neither ledger nor Stripe.
  static func load(_ options: CommonOptions) throws(ConfigurationError) -> Configuration {
    let environment = ProcessInfo.processInfo.environment
    return try load(
      path: ConfigurationLocation.find(option: options.config, environment: environment), environment: environment)
  }
}
