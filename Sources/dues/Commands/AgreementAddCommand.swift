import ArgumentParser
import Domain
import Engine
import Foundation
import Storage
import Stripe

struct AgreementAddCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Charges a customer by a job from a date on.",
    discussion: """
      The payment method is chosen now and stored: the one named, else the customer's default, else the newest one \
      attached. Without any the agreement is pending until a setup is completed. The same --key again with the same \
      values is the same agreement.

      Example:
        dues agreement add --customer cus_1 --job gold
        dues agreement add --customer cus_1 --job gold --start 2027-03-31 \\
          --key crm-4711
      """)

  @Option(help: "The customer at Stripe, cus_….")
  var customer: String

  @Option(help: "The job: a file of the jobs directory, without .toml.")
  var job: String

  @Option(help: "The first due date, such as 2027-03-31; today in the job's zone if not said.")
  var start: CivilDate?

  @Option(help: "Another amount than the job's, in minor units of its currency.")
  var amount: Int64?

  @Option(help: "The payment method to charge, pm_….")
  var paymentMethod: String?

  @Option(help: "Your own name for this agreement, so that it is never added twice.")
  var key: String?

  @Flag(help: "Add it although the customer has a live agreement for this job.")
  var again = false

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let customer = try TypedID.customer(customer)
    let named = try paymentMethod.map { text throws(CommandFailure) in try TypedID.method(text) }
    let ownKey = try key.map { text throws(CommandFailure) in try OwnKey.checked(text) }
    try await Program.run(common, .stripe) { program in
      let job = try program.jobs.job(named: job)
      try await program.hearTime()
      try start.map { start throws(CommandFailure) in
        try AgreementStart.checked(start, today: job.schedule.zone.date(at: program.now))
      }
      let id = program.ledger.id.agreement(key: ownKey ?? OwnKey.generated())
      if let there = try program.ledger.agreement(id) {
        // Nothing is asked of Stripe: only whether it is the same.
        let wanted = try agreement(id, job, customer, method: there.paymentMethod, like: there, program)
        try add(wanted, program)
        return
      }
      let wanted = try agreement(
        id, job, customer, method: nil, like: nil, program)
      let owner = try await program.chargeable(customer)
      let method = try await program.method(of: owner, named: named)
      try add(wanted.charging(method, start: start), program)
    }
  }

  /// The agreement as the options say it; what they leave open is as it was in one that is there already.
  private func agreement(
    _ id: AgreementID, _ job: Job, _ customer: CustomerID, method: PaymentMethodID?, like there: Agreement?,
    _ program: Program
  ) throws -> Agreement {
    let money: Money
    do {
      money = try amount.map { try Money(validating: $0, currency: job.money.currency) } ?? there?.money ?? job.money
    } catch {
      throw CommandFailure.badInput("\(error)")
    }
    let now = program.now
    let terms = Terms(
      money: money, description: job.description, statementDescriptorSuffix: job.statementDescriptorSuffix,
      schedule: job.schedule)
    return .new(
      id: id, state: .active, customer: customer, job: job.name, terms: terms,
      start: start ?? there?.start ?? job.schedule.zone.date(at: now), paymentMethod: method, key: key,
      consent: "admin", createdAt: now)
  }

  private func add(_ agreement: Agreement, _ program: Program) throws {
    switch try program.ledger.add(agreement, again: again, at: program.now) {
    case .added(let added), .existing(let added):
      try program.show(added, common)
      if !common.json { try tell(added, program) }
    case .differs(let difference):
      throw CommandFailure.badInput(
        """
        key "\(key ?? "")" is agreement \(agreement.id) already, with other values: \(difference); use another \
        key, or the same values
        """)
    case .again(let there):
      throw CommandFailure.badInput(
        """
        customer \(there.customer) has agreement \(there.id) (\(there.state.rawValue)) for job \(there.job) \
        already; say --again to add another
        """)
    }
  }

  private func tell(_ agreement: Agreement, _ program: Program) throws {
    guard let id = agreement.paymentMethod else {
      StandardStreams.out(
        """
        There is no payment method to charge: it is pending until the customer saves one.\n`dues setup create \
        --customer \(agreement.customer) --job \(agreement.job)` makes a page for that.
        """)
      return
    }
    let label = try program.ledger.paymentMethod(id)?.label ?? id.text
    StandardStreams.out("Will charge \(label)\(agreement.nextDueAt.map { ", first at \($0)" } ?? "").")
  }
}

extension Agreement {
  /// With a method it is active; without one it waits, and starts on the day that a setup is completed.
  fileprivate func charging(_ method: PaymentMethod?, start: CivilDate?) -> Agreement {
    var agreement = self
    agreement.paymentMethod = method?.id
    if method == nil {
      agreement.state = .pending
      agreement.start = start
    }
    return agreement
  }
}

/// A person's own name for a charge or an agreement.
enum OwnKey {
  /// It travels as metadata, which takes 500 characters at Stripe.
  static func checked(_ text: String) throws(CommandFailure) -> String {
    // Composed: the same file, saved by another program, has the same keys.
    let key = text.precomposedStringWithCanonicalMapping
    guard PlainText.isLine(key), (1...255).contains(key.unicodeScalars.count), !PlainText.hasInvisibleEnd(key) else {
      throw .badInput(
        "--key \"\(text.cut(to: 40))\" is not a key; write a line of 1 to 255 characters, without spaces around it")
    }
    return key
  }

  /// For whoever needs none; never the same twice.
  static func generated() -> String { "once-\(UUID().uuidString.lowercased())" }
}
