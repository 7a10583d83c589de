import Domain
import Engine
import Foundation
import Storage
import Stripe
import Templates
import Transport

/// What `dues check` finds, in the order in which a tick would need it.
struct Checkup {
  struct Finding: Encodable, Equatable {
    enum State: String, Encodable {
      case ok, mend
      /// Right as far as can be seen, but nobody answers.
      case unreachable
      /// Allowed, but hardly meant.
      case note
    }

    let what: String
    let state: State
    let text: String

    var line: String {
      switch state {
      case .ok: "ok       \(what): \(text)"
      case .mend: "mend:    \(what): \(text)"
      case .unreachable: "mend:    \(what): \(text)"
      case .note: "ok, but  \(what): \(text)"
      }
    }
  }

  private(set) var findings: [Finding] = []

  static func run(_ options: CommonOptions) async -> Checkup {
    var checkup = Checkup()
    guard let configuration = checkup.configuration(options) else { return checkup }
    checkup.jobs(configuration)
    checkup.templates(configuration)
    checkup.zones()
    await checkup.program(options, configuration)
    await checkup.mail(configuration)
    checkup.merchant(configuration)
    return checkup
  }

  private mutating func add(_ state: Finding.State, _ what: String, _ text: String) {
    findings.append(Finding(what: what, state: state, text: text))
  }

  // MARK: - Files

  private mutating func configuration(_ options: CommonOptions) -> Configuration? {
    do throws(ConfigurationError) {
      let configuration = try Configuration.load(options)
      add(.ok, "configuration", configuration.file)
      for warning in configuration.warnings { add(.note, "configuration", "\(warning)") }
      return configuration
    } catch {
      for problem in error.problems { add(.mend, "configuration", "\(problem)") }
      return nil
    }
  }

  private mutating func jobs(_ configuration: Configuration) {
    let catalog = JobFiles.load(directory: configuration.paths.jobs, configuration: configuration)
    if let problem = catalog.unreadable { add(.mend, "jobs", "\(problem)") }
    for broken in catalog.broken { add(.mend, "jobs", "\(broken)") }
    for warning in catalog.warnings { add(.note, "jobs", "\(warning)") }
    let names = catalog.jobs.keys.sorted()
    if !names.isEmpty { add(.ok, "jobs", names.joined(separator: ", ")) }
    if names.isEmpty, catalog.unreadable == nil, catalog.broken.isEmpty {
      add(.note, "jobs", "there is none in \(configuration.paths.jobs), so that only one-offs are charged")
    }
  }

  private mutating func templates(_ configuration: Configuration) {
    do {
      let locale = configuration.business.locale
      let mails = try MailTemplates(directory: configuration.paths.templates, defaultLocale: locale)
      _ = try PageTemplates(
        directory: configuration.paths.templates, defaultLocale: locale, business: configuration.brand())
      add(.ok, "templates", "mails and pages in \(mails.locales.joined(separator: ", "))")
    } catch let error as TemplateError {
      for problem in error.problems { add(.mend, "templates", "\(problem)") }
    } catch {
      add(.mend, "templates", CommandFailure(error).message)
    }
  }

  private mutating func zones() {
    add(.ok, "zone data", "\(TimeZone.timeZoneDataVersion), from the Swift runtime")
  }

  // MARK: - Ledger and Stripe

  private mutating func program(_ options: CommonOptions, _ configuration: Configuration) async {
    let program: Program
    do {
      program = try await Program.openLedgerOnly(options, mayMail: false)
    } catch {
      add(.mend, "database", CommandFailure(error).message)
      return
    }
    add(.ok, "database", "\(program.ledger.path), ledger \(program.ledger.id)")
    fence(program)
    if configuration.mode == .none {
      add(.mend, "stripe", "stripe.secret_key is not set, and nothing is charged without it; set $STRIPE_SECRET_KEY")
    } else {
      await stripe(program)
    }
    await program.close()
  }

  private mutating func fence(_ program: Program) {
    do {
      guard let fence = try program.ledger.fence() else { return }
      // What nothing vouches for, the next tick compares by itself.
      if case .unproven = fence { add(.note, "fence", fence.advice) } else { add(.mend, "fence", fence.advice) }
    } catch {
      add(.mend, "database", CommandFailure(error).message)
    }
  }

  private mutating func stripe(_ program: Program) async {
    let settings = program.configuration.stripe
    do throws(StripeTrouble) {
      let account = try await program.engine.read(StripeAccount.self, .retrieveAccount())
      let facts = [account.country, account.defaultCurrency].compactMap(\.self).joined(separator: ", ")
      add(
        .ok, "stripe",
        """
        account \(account.id)\(facts.isEmpty ? "" : " (\(facts))"), \(settings.mode.rawValue) mode, API \
        \(settings.apiVersion) at \(settings.apiBase)
        """)
      if account.chargesEnabled == false {
        add(.mend, "stripe", "account \(account.id) may not charge yet; finish its activation in Stripe's dashboard")
      }
      binding(of: account, program)
      let since = program.engine.stripeNow - .minutes(1)
      _ = try await program.engine.read(
        StripeList<StripeEvent>.self, .listEvents(createdSince: since, types: Engine.eventTypes, page: .newest))
      add(.ok, "stripe", "the key may read events")
    } catch {
      stripeFailed(error, program)
    }
    clock(program)
  }

  private mutating func stripeFailed(_ trouble: StripeTrouble, _ program: Program) {
    switch trouble {
    case .unreachable(let reason): add(.unreachable, "stripe", program.unreachable(reason).message)
    case .missing, .unreadable:
      add(
        .mend, "stripe",
        """
        \(trouble); check that stripe.api_base (\(program.configuration.stripe.apiBase)) is Stripe's
        """)
    case .refused(let reason, let isAuthenticationProblem):
      let remedy =
        isAuthenticationProblem
        ? "check stripe.secret_key; a restricted key needs to read the account and events" : "check stripe.api_version"
      add(.mend, "stripe", "Stripe refused: \(reason); \(remedy)")
    }
  }

  private mutating func binding(of account: StripeAccount, _ program: Program) {
    do {
      guard let bound = try program.ledger.mark().stripeAccount, bound != account.id else { return }
      add(
        .mend, "stripe",
        """
        the ledger belongs to account \(bound), and the key to \(account.id); use the key of \(bound), or another \
        store.path
        """)
    } catch {
      add(.mend, "database", CommandFailure(error).message)
    }
  }

  private mutating func clock(_ program: Program) {
    guard let offset = program.engine.stripe.serverTime.offset else { return }
    let apart = max(offset, .zero - offset)
    if apart > .minutes(5) {
      add(
        .mend, "clock",
        """
        this machine is \(apart.wholeSeconds) s from Stripe's clock, and nothing is charged at more than 300; set it \
        right
        """)
    } else {
      add(.ok, "clock", "\(apart.wholeSeconds) s from Stripe's")
    }
  }

  // MARK: - What goes out

  private mutating func mail(_ configuration: Configuration) async {
    do throws(MailError) {
      switch configuration.mail.delivery {
      case .none: add(.note, "mail", "neither mail.smtp_url nor mail.outbox is set: mails wait")
      case .outbox(let directory):
        try OutboxMail(directory: directory).check()
        add(.ok, "mail", "into \(directory)")
      case .server(let server):
        try await SMTPMail(configuration: configuration.smtp(server)).check()
        add(.ok, "mail", "\(server.url) takes mail from \(configuration.mail.from?.address ?? "?")")
      }
    } catch {
      switch error {
      case .refused(let reason): add(.mend, "mail", "\(reason); check [mail]")
      case .unavailable(let reason): add(.unreachable, "mail", "\(reason); check [mail], or try again later")
      }
    }
  }

  private mutating func merchant(_ configuration: Configuration) {
    switch configuration.fulfillment {
    case .none:
      add(
        .note, "fulfillment",
        """
        neither fulfillment.url nor fulfillment.command is set: nobody is told of payments
        """)
    case .url(let url, _): add(.ok, "fulfillment", url)
    case .command(let words): add(.ok, "fulfillment", words.joined(separator: " "))
    }
  }
}
