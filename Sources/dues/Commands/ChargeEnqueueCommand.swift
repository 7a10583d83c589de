import ArgumentParser
import Domain
import Engine
import Storage
import Stripe

struct ChargeEnqueueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enqueue",
    abstract: "Adds a one-off charge, due now or at a time.",
    discussion: """
      The payment method is chosen now, stored and printed: the one named, else the customer's default, else the newest \
      one attached. With none the charge goes straight to its link when it is due. The same --key again with the same \
      values is the same charge; without a key an equal one within 10 minutes is refused unless --again.

      Example:
        dues charge enqueue --customer cus_1 --amount 1099 --currency usd \\
          --description "Late fee"
        dues charge enqueue --customer cus_1 --amount 500 --currency jpy \\
          --description "Key" --due 2027-03-31T09:00:00Z --key invoice-4711
      """)

  /// Within it an equal charge without a key is taken for a mistake.
  private static let equalWithin = Duration.minutes(10)

  @Option(help: "The customer at Stripe, cus_….")
  var customer: String

  @Option(help: "In the currency's minor units: 1099 usd is $10.99, 500 jpy is ¥500.")
  var amount: Int64

  @Option(help: "Lower case, such as usd.")
  var currency: String

  @Option(help: "What the customer reads.")
  var description: String

  @Option(help: "The payment method to charge, pm_….")
  var paymentMethod: String?

  @Option(help: "When to charge, RFC 3339; now if not said.")
  var due: Timestamp?

  @Option(help: "Your own name for this charge, so that it is never charged twice.")
  var key: String?

  @Option(help: ArgumentHelp("A pair for Stripe and for your system; may be repeated.", valueName: "k=v"))
  var metadata: [MetadataPair] = []

  @Flag(help: "Add it although an equal one was added within 10 minutes.")
  var again = false

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let customer = try TypedID.customer(customer)
    let named = try paymentMethod.map { text throws(CommandFailure) in try TypedID.method(text) }
    let money = try Self.money(amount, currency)
    let description = try Self.checked(description: description)
    let key = try key.map { text throws(CommandFailure) in try OwnKey.checked(text) } ?? OwnKey.generated()
    let pairs = try MetadataPair.checked(metadata)
    try await Program.run(common, .stripe) { program in
      let id = program.ledger.id.charge(key: key)
      func wanted(due: Timestamp, method: PaymentMethodID?) -> Charge {
        .new(
          id: id, customer: customer, money: money, description: description, statementDescriptorSuffix: nil,
          origin: .key(key), dueAt: due, paymentMethod: method, heldReason: nil, metadata: pairs)
      }
      if let there = try program.ledger.charge(id) {
        // Nothing is asked of Stripe: only whether it is the same.
        try enqueue(wanted(due: due ?? there.dueAt, method: there.paymentMethod), program)
        return
      }
      try await program.hearTime()
      let owner = try await program.chargeable(customer)
      let method = try await program.method(of: owner, named: named)
      // Whole seconds, as `due_at` prints it: what is due now is due for a tick that starts within the second.
      let now = Timestamp(seconds: program.now.seconds)
      try enqueue(wanted(due: due ?? now, method: method?.id), program)
    }
  }

  private func enqueue(_ charge: Charge, _ program: Program) throws {
    let equalWithin = key == nil && !again ? Self.equalWithin : nil
    switch try program.ledger.enqueue(charge, equalWithin: equalWithin, at: program.now) {
    case .added(let added), .existing(let added):
      try program.show(added.id, common)
      if !common.json { StandardStreams.out(try Self.prospect(of: added, program)) }
    case .differs(let difference):
      throw CommandFailure.badInput(
        """
        key "\(key ?? "")" is charge \(charge.id) already, with other values: \(difference); use another key, or \
        the same values
        """)
    case .again(let there):
      throw CommandFailure.badInput(
        """
        an equal charge, \(there.id), was added within the last 10 minutes; say --again if it is owed twice, or \
        give each a --key
        """)
    }
  }

  private static func prospect(of charge: Charge, _ program: Program) throws -> String {
    guard charge.state == .scheduled else { return "It is \(charge.state.rawValue)." }
    let now = program.now
    if now - charge.dueAt > program.configuration.limits.catchUp {
      return """
        It has been due for longer than limits.catch_up: the next tick holds it, until `dues charge approve \(charge.id)`.
        """
    }
    let when = charge.dueAt <= now ? "in the next tick" : "at \(charge.dueAt)"
    guard let method = charge.paymentMethod else {
      return "There is no payment method to charge: it goes straight to its link \(when)."
    }
    let label = try program.ledger.paymentMethod(method)?.label ?? method.text
    return "Will charge \(label) \(when)."
  }

  static func money(_ amount: Int64, _ currency: String) throws(CommandFailure) -> Money {
    do {
      return try Money(validating: amount, currency: Currency(code: currency))
    } catch {
      throw .badInput("\(error)")
    }
  }

  /// As strict as a job file: one line, short enough for a mail and for Stripe.
  static func checked(description: String) throws(CommandFailure) -> String {
    guard PlainText.isLine(description), description.unicodeScalars.count <= 250, PlainText.isVisible(description)
    else {
      throw .badInput(
        """
        --description "\(description.cut(to: 40))" is not a description; write one line of at most 250 characters \
        that the customer reads, such as "Late fee"
        """)
    }
    return description
  }
}

/// `order=4711`: a pair of the admin's own that travels with a charge.
struct MetadataPair: ExpressibleByArgument, Equatable {
  let key: String
  let value: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else { return nil }
    key = String(parts[0])
    value = String(parts[1])
  }

  /// Of Stripe's 50 keys, `dues_ledger`, `dues_charge`, `dues_key` and `dues_attempt` are ours.
  static let mostKeys = 46

  /// Stripe's limits (docs.stripe.com/api/metadata), so that the charge is not refused when it is due.
  static func checked(_ pairs: [MetadataPair]) throws(CommandFailure) -> [String: String] {
    guard pairs.count <= mostKeys else {
      throw .badInput("there are \(pairs.count) pairs of --metadata; Stripe has room for \(mostKeys) besides ours")
    }
    var checked: [String: String] = [:]
    for pair in pairs {
      func refuse(_ why: String) -> CommandFailure { .badInput("--metadata \(pair.key.cut(to: 48)): \(why)") }
      if pair.key.hasPrefix("dues_") { throw refuse("keys that begin with dues_ are ours; choose another") }
      if pair.key.count > 40 { throw refuse("the key has \(pair.key.count) characters; Stripe takes 40") }
      if pair.key.contains(where: { "[]".contains($0) }) { throw refuse("Stripe takes no square brackets in a key") }
      if pair.value.count > 500 { throw refuse("the value has \(pair.value.count) characters; Stripe takes 500") }
      if pair.value.isEmpty { throw refuse("the value is empty, which Stripe takes for \"remove it\"; write one") }
      if checked.updateValue(pair.value, forKey: pair.key) != nil { throw refuse("the key is there twice") }
    }
    return checked
  }
}
