import Foundation

/// The demo's files: a real configuration and a real job, in a directory of their own.
struct DemoFiles {
  let directory: URL
  var configuration: URL { directory.appendingPathComponent("config.toml") }
  var outbox: URL { directory.appendingPathComponent("outbox") }
  var merchant: URL { directory.appendingPathComponent("merchant.jsonl") }

  static let key = "sk_test_demo"
  static let webhookSecret = "whsec_demo"

  init(sandbox: Int, web: Int, metrics: Int) throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent(
      "dues-demo-\(UUID().uuidString.prefix(8).lowercased())")
    let manager = FileManager.default
    try manager.createDirectory(at: directory.appendingPathComponent("jobs"), withIntermediateDirectories: true)
    let templates = try Self.templates()
    try Self.configuration(sandbox: sandbox, web: web, metrics: metrics, templates: templates, merchant: merchant.path)
      .write(to: configuration, atomically: true, encoding: .utf8)
    try Self.job.write(to: directory.appendingPathComponent("jobs/gold.toml"), atomically: true, encoding: .utf8)
  }

  private static func configuration(sandbox: Int, web: Int, metrics: Int, templates: String, merchant: String) -> String
  {
    """
    [business]
    name = "Acme Cycling Club"
    support_email = "help@acme.example"
    website = "http://127.0.0.1:\(web)/"
    time_zone = "Europe/London"
    currency = "gbp"
    [stripe]
    secret_key = "\(key)"
    webhook_secrets = ["\(webhookSecret)"]
    api_base = "http://127.0.0.1:\(sandbox)"
    [store]
    path = "dues.db"
    [server]
    listen = "127.0.0.1:\(web)"
    internal_listen = "127.0.0.1:\(metrics)"
    public_url = "http://127.0.0.1:\(web)"
    link_secret = "the demo signs its links with this, and no one else"
    [mail]
    from = "Acme Cycling Club <billing@acme.example>"
    outbox = "outbox"
    [fulfillment]
    command = ["/bin/sh", "-c", "cat >> '\(merchant)'; echo >> '\(merchant)'"]
    [paths]
    jobs = "jobs"
    templates = "\(templates)"

    """
  }

  private static let job = """
    description = "Gold membership"
    amount = 1099
    currency = "gbp"
    [schedule]
    every = "1 month"
    at = "00:00"
    time_zone = "Europe/London"

    """

  /// The templates that came with the program: here, or somewhere above it, or in its share directory.
  private static func templates() throws -> String {
    let program = URL(fileURLWithPath: Bundle.main.executablePath ?? CommandLine.arguments[0]).resolvingSymlinksInPath()
    var places = [URL(fileURLWithPath: FileManager.default.currentDirectoryPath).appendingPathComponent("templates")]
    var above = program.deletingLastPathComponent()
    for _ in 0..<4 {
      places += [above.appendingPathComponent("templates"), above.appendingPathComponent("share/dues/templates")]
      above = above.deletingLastPathComponent()
    }
    guard
      let found = places.first(where: {
        FileManager.default.fileExists(atPath: $0.appendingPathComponent("email").path)
      })
    else {
      throw CommandFailure(
        exit: .configuration, message: "the templates directory was not found; run `dues demo` where the repository is")
    }
    return found.path
  }
}
