/// Which request an event is due to.
struct RequestMark: Sendable, Codable {
  var id: String
  var idempotencyKey: String?
}

/// A Stripe account with all that is in it: the sandbox's whole memory.
///
/// Objects are JSON trees as Stripe shows them; what Stripe does not show (how a card behaves, which session an intent
/// belongs to) stands beside them. Operations are extensions in the folder of their resource.
struct Account: Sendable, Codable {
  let configuration: AccountConfiguration
  /// Unix seconds; set before each operation, and to the hour of each appointment that is kept late.
  var now = 0
  /// Where the hosted pages are, without a slash at the end.
  var pageBase: String
  /// The request that what happens now is due to; none for what the clock does.
  var request: RequestMark?

  var customers = Table(isSearchable: true)
  var paymentMethods = Table()
  var paymentIntents = Table(isSearchable: true)
  var setupIntents = Table()
  var setupAttempts = Table()
  var charges = Table()
  var transactions = Table()
  var refunds = Table()
  var disputes = Table()
  var mandates = Table()
  var sessions = Table()
  var events = Table()
  var endpoints = Table()

  var methodNotes: [String: PaymentMethodNotes] = [:]
  var intentNotes: [String: PaymentIntentNotes] = [:]
  var sessionNotes: [String: SessionNotes] = [:]
  var endpointSecrets: [String: String] = [:]
  var deliveries = Deliveries()
  var appointments = Appointments()
  var searchIndex = SearchIndex()
  var keys = IdempotencyKeys()
  var faults: [Fault] = []
  var log = RequestLog()
  /// Grows whenever something has changed that the state file should hold.
  var revision = 0
  private var count = 0

  init(configuration: SandboxConfiguration) {
    self.configuration = configuration.account
    self.pageBase = configuration.pageBase
  }

  /// The next identifier: the seed and a counter, hashed; the same run gives the same ones.
  mutating func newID(_ prefix: String, length: Int) -> String {
    count += 1
    return prefix + Identifiers.characters(of: "\(configuration.seed)/\(count)", length: length)
  }

  /// Any object by its id, whatever it is.
  func object(_ id: String) -> JSON? {
    switch id.prefix(while: { $0 != "_" }) {
    case "cus": customers[id]
    case "pm": paymentMethods[id]
    case "pi": paymentIntents[id]
    case "seti": setupIntents[id]
    case "setatt": setupAttempts[id]
    case "ch", "py": charges[id]
    case "txn": transactions[id]
    case "re": refunds[id]
    case "dp": disputes[id]
    case "mandate": mandates[id]
    case "cs": sessions[id]
    case "evt": events[id]
    case "we": endpoints[id]
    default: nil
    }
  }
}
