import ArgumentParser
import Domain
import Engine
import Storage

struct AgreementUpdateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "update",
    abstract: "Gives an agreement another amount or payment method.",
    discussion: """
      The amount is of the periods that are not in the ledger yet; what is owed keeps its own. The payment method is of \
      all that follows, and of what the agreement owes, which is retried with it. `dues job apply` changes amount and \
      schedule of all agreements of a job.

      Example:
        dues agreement update agr_0f3c2a9be7d1 --amount 1299
        dues agreement update agr_0f3c2a9be7d1 --payment-method pm_1NxYz
      """)

  @Argument(help: "The agreement, agr_….")
  var agreement: String

  @Option(help: "In minor units of its currency.")
  var amount: Int64?

  @Option(help: "The payment method to charge, pm_…, of the same customer.")
  var paymentMethod: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard amount != nil || paymentMethod != nil else {
      throw ValidationError("nothing is to be changed; say --amount or --payment-method")
    }
  }

  func run() async throws {
    let id = try TypedID.agreement(agreement)
    let named = try paymentMethod.map { text throws(CommandFailure) in try TypedID.method(text) }
    // Only a method is looked up at Stripe.
    try await Program.run(common, named == nil ? .ledger : .stripe) { program in
      let there = try program.ledger.known(id)
      let money = try amount.map { amount throws(CommandFailure) in
        try ChargeEnqueueCommand.money(amount, there.money.currency.code)
      }
      if let named {
        try await program.hearTime()
        let owner = try await program.chargeable(there.customer)
        guard let method = try await program.method(of: owner, named: named) else {
          throw CommandFailure.badInput("customer \(there.customer) has no payment method \(named)")
        }
        _ = try program.ledger.setMethod(of: id, to: method, at: program.now)
      }
      if let money { _ = try program.ledger.setAmount(of: id, to: money, at: program.now) }
      try program.show(program.ledger.known(id), common)
    }
  }
}

struct AgreementSkipCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "skip",
    abstract: "Takes one period out before it is due; the ones after keep their dates.",
    discussion: """
      Example:
        dues agreement skip agr_0f3c2a9be7d1 2027-03-31
      """)

  @Argument(help: "The agreement, agr_….")
  var agreement: String

  @Argument(help: "The due date of the period, such as 2027-03-31.")
  var period: CivilDate

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let id = try TypedID.agreement(agreement)
    try await Program.run(common, .ledger) { program in
      _ = try program.ledger.known(id)
      try program.show(program.ledger.skip(period, of: id, at: program.now), common)
    }
  }
}
