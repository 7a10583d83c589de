import ArgumentParser
import Domain
import Engine
import Storage
import Stripe

struct SetupCompleteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "complete",
    abstract: "Takes a finished setup session by hand, and saves its payment method.",
    discussion: """
      Webhooks, the landing page and `dues sync` do the same by themselves; doing it again changes nothing. Exits 75 \
      while the session is open or the bank is still verifying, and 65 if nothing that can be charged later was saved.

      Example:
        dues setup complete cs_test_1
      """)

  @Argument(help: "The session, cs_….")
  var session: String

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let id = try TypedID.session(session)
    try await Program.run(common, .stripe) { program in
      try show(try await program.engine.completeSetup(id), id, program)
    }
  }

  private func show(_ result: SetupResult, _ id: CheckoutSessionID, _ program: Program) throws {
    switch result {
    case .complete(let completion): try show(completion)
    case .open:
      throw CommandFailure(
        exit: .tryLater,
        message: "session \(id) is still open: the customer has not finished it; try again later")
    case .verifying(let verification):
      let way = verification.url.map { "; the customer says what has arrived at \($0)" } ?? ""
      throw CommandFailure(
        exit: .tryLater,
        message: "session \(id) is complete, and the bank is still verifying the account\(way); try again later")
    case .refused(let rejection):
      let method = rejection.method.map { "\($0.id) (\($0.label))" } ?? "its payment method"
      throw CommandFailure.badInput(
        """
        session \(id) saved nothing that can be charged later: \(method) was refused, because \
        \(rejection.refusal.words); \(Self.remedy(rejection.customer))
        """)
    case .ended(let reason): throw CommandFailure.badInput("session \(id) saved nothing: \(reason)")
    case .notOurs:
      throw CommandFailure.badInput(
        "session \(id) is not a setup session of this ledger; `dues setup create` makes one")
    }
  }

  private static func remedy(_ customer: CustomerID?) -> String {
    guard let customer else { return "make another session with `dues setup create`" }
    return "`dues setup link --customer \(customer) --send` invites them to save another"
  }

  private func show(_ completion: SetupCompletion) throws {
    if common.json {
      StandardStreams.out(try JSONText.of(CompletionText(completion)))
      return
    }
    var sheet = FactSheet()
    sheet.add("session", completion.session.text)
    sheet.add("customer", completion.customer.text)
    sheet.add("payment method", "\(completion.method.id) (\(completion.method.label))")
    sheet.add("agreement", completion.agreement.map { "\($0.id), \($0.state.rawValue)" })
    sheet.lines.forEach(StandardStreams.out)
  }
}

private struct CompletionText: Encodable {
  let completion: SetupCompletion
  enum Key: String, CodingKey { case session, customer, paymentMethod = "payment_method", agreement }

  init(_ completion: SetupCompletion) { self.completion = completion }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(completion.session, forKey: .session)
    try object.encode(completion.customer, forKey: .customer)
    try object.encode(completion.method.id, forKey: .paymentMethod)
    try object.encode(completion.agreement?.id, forKey: .agreement)
  }
}
