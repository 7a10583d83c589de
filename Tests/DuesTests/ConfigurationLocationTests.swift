import Testing

@testable import dues

struct ConfigurationLocationTests {
  @Test func `the option goes before the environment, and both before the files`() throws {
    try Scratch.with(["config.toml": ""]) { scratch throws in
      let environment = ["DUES_CONFIG": "/from/environment"]
      func find(_ option: String?, _ environment: [String: String]) throws -> String {
        try ConfigurationLocation.find(
          option: option, environment: environment, directory: scratch.directory, system: "/nowhere/config.toml")
      }
      #expect(try find("/from/option", environment) == "/from/option")
      #expect(try find(nil, environment) == "/from/environment")
      #expect(try find(nil, [:]) == scratch.path("config.toml"))
      #expect(try find(nil, ["DUES_CONFIG": ""]) == scratch.path("config.toml"))
    }
  }

  @Test func `the system's file is the last`() throws {
    try Scratch.with(["etc/config.toml": ""]) { scratch in
      let path = try ConfigurationLocation.find(
        option: nil, environment: [:], directory: scratch.directory, system: scratch.path("etc/config.toml"))
      #expect(path == scratch.path("etc/config.toml"))
    }
  }

  @Test func `without a file all places are named`() throws {
    try Scratch.with { scratch in
      let error = #expect(throws: ConfigurationError.self) {
        try ConfigurationLocation.find(
          option: nil, environment: [:], directory: scratch.directory, system: "/nowhere/config.toml")
      }
      #expect(
        error?.description == """
          no configuration found: --config is not given, $DUES_CONFIG is not set, and there is neither \
          \(scratch.path("config.toml")) nor /nowhere/config.toml; copy config.example.toml to one of these places, \
          or name a file with --config PATH
          """)
    }
  }
}
