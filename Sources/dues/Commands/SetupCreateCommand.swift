import ArgumentParser
import Domain
import Engine
import Storage
import Stripe

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
    case .finished(let session):
      throw CommandFailure.badInput("session \(session) is complete already; `dues setup complete \(session)`")
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
