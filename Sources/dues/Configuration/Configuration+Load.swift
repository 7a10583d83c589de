import Domain
import Stripe

extension Configuration {
  /// Reads a configuration file and what it refers to. All mistakes are reported together.
  static func load(path: String, environment: [String: String]) throws(ConfigurationError) -> Configuration {
    try parse(TOMLFile.text(of: path), file: path, environment: environment)
  }

  /// Reads a configuration from its text; an empty one has all defaults.
  static func parse(
    _ text: String, file: String, environment: [String: String]
  ) throws(ConfigurationError) -> Configuration {
    try parseNotingKeys(text, file: file, environment: environment).configuration
  }

  /// Also returns every dotted key that was looked for, which is every key that a configuration may hold.
  static func parseNotingKeys(
    _ text: String, file: String, environment: [String: String]
  ) throws(ConfigurationError) -> (configuration: Configuration, keys: [String]) {
    let root = try TOMLFile.read(text, file: file, environment: environment)
    let configuration = Configuration(reading: root, file: file)
    if let error = root.findings.error() { throw error }
    return (configuration, root.findings.known.map { $0.joined(separator: ".") })
  }

  /// Holds defaults in place of what is wrong, which the findings name.
  private init(reading root: TableReader, file: String) {
    let findings = root.findings
    self.file = file
    business = Business(reading: root.table("business"))
    stripe = Stripe(reading: root.table("stripe"))
    store = Store(reading: root.table("store"))
    server = Server(reading: root.table("server"), isLive: stripe.mode == .live)
    mail = Mail(reading: root.table("mail"))
    policy = PolicyReading.policy(retry: root.table("retry"), recovery: root.table("recovery"), over: .standard)
    notices = Notices(reading: root.table("notices"))
    `operator` = Operator(reading: root.table("operator"))
    fulfillment = Fulfillment(reading: root.table("fulfillment"))
    limits = Limits(reading: root.table("limits"))
    paths = Paths(reading: root.table("paths"))
    root.finish()
    if server.publicURL == nil, business.website == nil, stripe.mode != .none {
      findings.warn(
        ["business", "website"], "there is neither this nor server.public_url, so Checkout has nowhere to return to",
        "write one of them")
    }
    if server.checkoutUI != .hostedPage, stripe.publishableKey == nil {
      findings.report(
        ["stripe", "publishable_key"],
        "is missing, and server.checkout_ui = \"\(server.checkoutUI.rawValue)\" needs it",
        "write the key that begins with pk_, or leave checkout_ui out")
    }
    if mail.delivery != .none, business.name == nil {
      findings.warn(["business", "name"], "mails have no name to sign with", "write the name that customers know")
    }
    warnings = findings.warnings
  }
}
