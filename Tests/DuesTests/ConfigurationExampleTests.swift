import Domain
import Testing

@testable import dues

/// `config.example.toml` and the example jobs.
struct ConfigurationExampleTests {
  @Test func `the example as it stands is a configuration without surprises`() throws {
    let example = try Repository.text(of: "config.example.toml")
    let configuration = try Configuration.of(example)
    #expect(configuration.warnings.isEmpty)
  }

  @Test func `what stands plainly in the example is the default`() throws {
    let example = try Configuration.of(Repository.text(of: "config.example.toml"))
    #expect(try example == Configuration.of(""))
  }

  @Test func `every key that is known stands in the example, with a comment above it`() throws {
    let example = try Repository.text(of: "config.example.toml")
    let keys = try Configuration.parseNotingKeys(example, file: "config.toml", environment: [:]).keys
    let leaves = Set(keys).filter { key in key.contains(".") }
    #expect(leaves.count > 50)
    #expect(leaves.symmetricDifference(Set(Self.entries(of: example).map(\.key))).isEmpty)
    for entry in Self.entries(of: example) { #expect(entry.hasComment, "\(entry.key) has no comment") }
  }

  @Test func `what is commented out would be accepted`() throws {
    let example = try Repository.text(of: "config.example.toml")
    // One of two that exclude each other, and files that are not on every machine.
    let excluded = ["#outbox", "#command", "#ca_file", "webhook_secrets = []"]
    let lines = example.split(separator: "\n", omittingEmptySubsequences: false).compactMap { line -> String? in
      if excluded.contains(where: line.hasPrefix) { return nil }
      return Self.isCommentedOut(line) ? String(line.dropFirst()) : String(line)
    }
    let secrets = [
      "stripe_secret_key": "sk_live_1", "webhook_secret": "whsec_1", "smtp_password": "p", "fulfillment_secret": "s",
      "link_secret": "0123456789abcdef0123456789abcdef",
    ]
    try Scratch.with(secrets) { scratch in
      let configuration = try Configuration.of(
        lines.joined(separator: "\n"),
        environment: ["CREDENTIALS_DIRECTORY": scratch.directory, "STRIPE_PUBLISHABLE_KEY": "pk_live_1"])
      #expect(configuration.mode == .live)
      #expect(configuration.limits.maxCharge == [.usd: 100_000])
      #expect(
        configuration.retry.delaysFor == [
          "insufficient_funds": [.days(3), .days(7)], "processing_error": [.days(1), .days(1)],
        ])
      #expect(configuration.warnings.isEmpty)
    }
  }

  @Test func `the example jobs are jobs`() throws {
    let catalog = JobFiles.load(directory: "\(Repository.path)/jobs", configuration: try Configuration.of(""))
    #expect(catalog.broken.map(\.text) == [])
    #expect(catalog.warnings.map(\.description) == [])
    #expect(catalog.unreadable == nil)
    #expect(Set(catalog.jobs.keys).isSuperset(of: ["gold", "box", "license"]))
  }

  /// Keys with their tables, and whether a comment stands above them (or above the same key).
  private static func entries(of example: String) -> [(key: String, hasComment: Bool)] {
    var table = ""
    var previous = (isComment: false, key: "")
    var entries: [(key: String, hasComment: Bool)] = []
    for line in example.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("[") { table = String(line.dropFirst().prefix { $0 != "]" }) }
      guard isCommentedOut(line) || line.first?.isLetter == true else {
        previous = (line.hasPrefix("# "), "")
        continue
      }
      let key = table + "." + line.drop { $0 == "#" }.prefix { $0 != " " }
      entries.append((key, previous.isComment || previous.key == key))
      previous = (false, key)
    }
    return entries
  }

  /// `#name = …`, as opposed to `# a sentence`.
  private static func isCommentedOut(_ line: Substring) -> Bool {
    line.hasPrefix("#") && line.dropFirst().first?.isLetter == true
  }
}
