import ArgumentParser
import Domain
import Engine
import Storage
import Stripe

struct ChargeRefundCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "refund",
    abstract: "Gives money back that was received for a charge.",
    discussion: """
      All that is left of the payment, or --amount of it. A charge that was paid twice wants --payment-intent: which \
      of the two. Asks on a terminal; elsewhere it wants --yes. Stripe's own fees are not given back.

      Example:
        dues charge refund chg_4f1a0c99e2b3 --yes
        dues charge refund chg_4f1a0c99e2b3 --payment-intent pi_1 --amount 500
      """)

  @Argument(help: "The charge, chg_….")
  var charge: String

  @Option(help: "Which of its payments, pi_…; needed where there are several.")
  var paymentIntent: String?

  @Option(help: "How much, in minor units of its currency; else all that is left.")
  var amount: Int64?

  @Flag(help: "Do it without asking.")
  var yes = false

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let intent = try paymentIntent.map { text throws(CommandFailure) in try TypedID.intent(text) }
    try await Program.run(common, .stripe) { program in
      let id = try program.chargeID(charge)
      _ = try program.ledger.known(id)
      let payments = try program.ledger.payments(of: id)
      try Consent.ask(Self.question(id, payments, intent, amount), yes: yes)
      // One payment of several is given back because it is one too many.
      let reason: RefundReason = payments.count > 1 ? .duplicate : .requestedByCustomer
      switch try await program.engine.refund(id, through: intent, amount: amount, reason: reason) {
      case .made(let refund):
        Self.tellDifference(refund, payments, amount)
        try program.show(id, common)
      case .refused(_, let reason): throw CommandFailure.badInput("Stripe did not refund it: \(reason)")
      case .unanswered(let refund, let reason):
        StandardStreams.error(
          """
          dues: refund \(refund.number) has no answer yet (\(reason)); every tick takes it up, and \
          `dues charge explain \(id)` says what became of it
          """)
        try program.show(id, common)
      }
    }
  }

  /// One that had no answer is taken up before another is written, and what has gone back meanwhile is not given again.
  private static func tellDifference(_ refund: RefundRecord, _ payments: [PaymentRecord], _ amount: Int64?) {
    guard let payment = payments.first(where: { $0.intent == refund.intent }) else { return }
    let wanted = amount ?? payment.received.amount - payment.refunded
    guard refund.amount != wanted else { return }
    let currency = payment.received.currency
    StandardStreams.error(
      """
      dues: refund \(refund.number) is of \(Money(amount: refund.amount, currency: currency)), not of \
      \(Money(amount: wanted, currency: currency)): it was asked for before, or some of the payment had gone back; \
      nothing was added to it, and `dues charge explain \(refund.charge)` tells more
      """)
  }

  private static func question(
    _ id: ChargeID, _ payments: [PaymentRecord], _ intent: PaymentIntentID?, _ amount: Int64?
  ) -> String {
    let payment = payments.first { intent == nil || $0.intent == intent }
    guard let payment else { return "Give money back for charge \(id)?" }
    let left = amount ?? payment.received.amount - payment.refunded
    return
      "Give back \(Money(amount: left, currency: payment.received.currency)) of \(payment.intent), for charge \(id)?"
  }
}
