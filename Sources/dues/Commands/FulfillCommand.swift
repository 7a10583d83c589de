import ArgumentParser
import Domain
import Engine
import Storage

struct FulfillCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fulfill",
    abstract: "Runs the fulfill routine for a Checkout Session by hand, and prints its charge.",
    discussion: """
      Webhooks, the landing page and `dues sync` do the same by themselves; doing it again changes nothing. Your system \
      is told in the next tick. Exits 75 while the session is open.

      Example:
        dues fulfill cs_test_1
      """)

  @Argument(help: "The session, cs_….")
  var session: String

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let id = try TypedID.session(session)
    try await Program.run(common, .stripe) { program in
      if try program.ledger.checkout(session: id) == nil { throw try Self.unknown(id, program) }
      switch try await program.engine.settle(id) {
      case .paid(let charge), .processing(let charge): try program.show(charge, common)
      case .open(let charge):
        throw CommandFailure(
          exit: .tryLater,
          message: """
            session \(id) of charge \(charge) is still open: nobody has paid it; try again later
            """)
      case .expired(let charge):
        throw CommandFailure.badInput(
          """
          session \(id) of charge \(charge) ended without a payment; `dues charge show \(charge)` says what is true \
          now
          """)
      case .wrongAmount(let charge):
        try program.show(charge, common)
        throw CommandFailure(
          exit: .needsHuman,
          message: """
            session \(id) paid another amount than charge \(charge) owes; look at the payment in Stripe's dashboard
            """)
      case .notOurs: throw try Self.unknown(id, program)
      case .unreadable(let reason):
        throw CommandFailure(exit: .unavailable, message: "session \(id): \(reason); try again later")
      }
    }
  }

  private static func unknown(_ id: CheckoutSessionID, _ program: Program) throws -> CommandFailure {
    if try program.ledger.setup(session: id) != nil {
      return .badInput("session \(id) is a setup session; say `dues setup complete \(id)`")
    }
    return .badInput("session \(id) is not a session of this ledger; nothing was asked of Stripe")
  }
}
