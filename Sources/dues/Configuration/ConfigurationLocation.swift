import Foundation

/// Where the configuration file is.
enum ConfigurationLocation {
  /// The first of `--config`, `$DUES_CONFIG`, `config.toml` here, and the system's. What is named explicitly is taken
  /// even if it does not exist, so that reading it says so.
  static func find(
    option: String?, environment: [String: String], directory: String = ".", system: String = "/etc/dues/config.toml"
  ) throws(ConfigurationError) -> String {
    if let option { return option }
    if let named = environment["DUES_CONFIG"], !named.isEmpty { return named }
    let here = FilePlace.resolved("config.toml", in: directory)
    for path in [here, system] where FileManager.default.fileExists(atPath: path) { return path }
    throw ConfigurationError(
      ConfigurationProblem(
        problem: """
          no configuration found: --config is not given, $DUES_CONFIG is not set, and there is neither \(here) \
          nor \(system)
          """,
        remedy: "copy config.example.toml to one of these places, or name a file with --config PATH"))
  }
}
