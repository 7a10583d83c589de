import ArgumentParser
import Domain
import Engine
import Storage
import Stripe

struct SetupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "setup",
    abstract: "Lets a customer save a payment method.",
    discussion: """
      Example:
        dues setup create --customer cus_1 --job gold
        dues setup complete cs_test_1
      """,
    subcommands: [SetupCreateCommand.self, SetupCompleteCommand.self])
}

struct SetupCreateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Makes a setup-mode Checkout Session, and prints its URL.",
    discussion: """
      With --job, completing it makes the agreement, which starts that day; if there is one already, its payment method \
      is replaced. The URL lives for 24 hours.

      Example:
        dues setup create --customer cus_1 --job gold
        dues setup create --email ada@example.com --currency eur
      """)

  @Option(help: "The customer at Stripe, cus_…; without one, Checkout makes one.")
  var customer: String?

  @Option(help: "The new customer's address, filled in on the page.")
  var email: String?

  @Option(help: "The job that the customer agrees to.")
  var job: String?

  @Option(help: "The currency to be charged in; the job's, else the business's if not said.")
  var currency: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if customer != nil, email != nil {
      throw ValidationError("--email is for a new customer, and --customer names one; leave one of them out")
    }
  }

  func run() async throws {
    let customer = try customer.map { text throws(CommandFailure) in try TypedID.customer(text) }
    let email = try email.map { text throws(CommandFailure) in try Self.checked(email: text) }
    let wanted = try currency.map { text throws(CommandFailure) in try Self.checked(currency: text) }
    try await Program.run(common, .stripe) { program in
      let job = try job.map { name throws(CommandFailure) in try program.jobs.job(named: name) }
      if let wanted, let job, wanted != job.money.currency {
        throw CommandFailure.badInput(
          """
          --currency \(wanted) is not the currency of job \(job.name), \(job.money.currency); leave it out
          """)
      }
      var locale = program.configuration.business.locale
      if let customer { locale = try await program.chargeable(customer).preferredLocales?.first ?? locale }
      let door = try await program.engine.createSetup(
        customer: customer, email: email, job: job,
        currency: wanted ?? job?.money.currency ?? program.configuration.business.currency, locale: locale)
      try show(door, program)
    }
  }

  private func show(_ door: SetupDoor, _ program: Program) throws {
    switch door {
    case .open(let session, let url):
      if common.json {
        StandardStreams.out(try JSONText.of(SetupText(session: session.text, url: url)))
      } else {
        StandardStreams.out(url ?? "session \(session) has no URL")
      }
    case .refused(let reason, let isInput):
      throw CommandFailure(
        exit: isInput ? .badInput : .configuration,
        message: "Stripe refused to make the session: \(reason)\(isInput ? "" : "; check stripe.secret_key")")
    case .unavailable(let reason): throw program.unreachable(reason)
    }
  }

  private static func checked(email: String) throws(CommandFailure) -> String {
    do throws(ValueProblem) {
      return try MailAddressText.bare(email)
    } catch {
      throw .badInput("--email \"\(email)\" \(error.problem); write one such as ada@example.com")
    }
  }

  private static func checked(currency: String) throws(CommandFailure) -> Currency {
    do throws(CurrencyError) {
      return try Currency(code: currency)
    } catch {
      throw .badInput("\(error)")
    }
  }
}

struct SetupCompleteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "complete",
    abstract: "Takes a finished setup session by hand, and saves its payment method.",
    discussion: """
      Webhooks, the landing page and `dues sync` do the same by themselves; doing it again changes nothing. Exits 75 \
      while the session is open or the bank is still verifying.

      Example:
        dues setup complete cs_test_1
      """)

  @Argument(help: "The session, cs_….")
  var session: String

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let id = try TypedID.session(session)
    try await Program.run(common, .stripe) { program in
      switch try await program.engine.completeSetup(id) {
      case .complete(let completion): try show(completion)
      case .open:
        throw CommandFailure(
          exit: .tryLater,
          message: """
            session \(id) is still open: the customer has not finished it; try again later
            """)
      case .verifying:
        throw CommandFailure(
          exit: .tryLater,
          message: """
            session \(id) is complete, and the bank is still verifying the account; try again later
            """)
      case .ended(let reason): throw CommandFailure.badInput("session \(id) saved nothing: \(reason)")
      case .notOurs:
        throw CommandFailure.badInput(
          """
          session \(id) is not a setup session of this ledger; `dues setup create` makes one
          """)
      }
    }
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

private struct SetupText: Encodable {
  let session: String
  let url: String?
  enum Key: String, CodingKey { case session, url }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(session, forKey: .session)
    try object.encode(url, forKey: .url)
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
