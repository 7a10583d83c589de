import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Templates
import Transport

/// The story: each step does something, checks what came of it, and says so.
struct DemoStory: Sendable {
  let program: Program
  let stripe: SandboxStripe
  /// What the customer's browser and the merchant's programs use.
  let browser: HTTPClient
  let clock: DemoClock
  let files: DemoFiles
  let voice = DemoVoice()

  var engine: Engine { program.engine }
  var ledger: Ledger { program.ledger }

  func tell() async throws {
    try await waitForServers()
    stripe.addWebhookEndpoint(url: program.links.url(.webhook) ?? "", secret: DemoFiles.webhookSecret)
    let ada = try await saveCard()
    try await chargeOnSchedule(ada)
    let failed = try await declineNextMonth(ada)
    try await readMail(failed)
    try await payByLink(failed)
    try await tellMerchant(failed)
    try await chargeNewCard(ada)
    voice.close("Charged three times, lost nothing, and nobody had to look.")
  }

  // MARK: The steps

  private func saveCard() async throws -> Agreement {
    voice.step(1, "A customer saves a card for the job \"gold\"")
    let customer = try await post(
      "/v1/customers", "name=Ada+Lovelace&email=ada%40example.com&preferred_locales[0]=en-GB")
    let id = CustomerID(try text(customer, "id"))
    guard let job = program.jobs.jobs["gold"] else { throw failure("jobs/gold.toml was not read") }
    guard
      case .open(let session, let url) = try await engine.createSetup(
        customer: id, email: nil, job: job, currency: job.money.currency, locale: "en-GB")
    else { throw failure("no setup session") }
    voice.command("dues setup create --customer \(id) --job gold")
    voice.say("prints Stripe's page: \(url ?? "")")
    _ = try stripe.complete(session: session.text, card: "4242424242424242")
    voice.say("Ada fills it in; Stripe tells us by webhook.")
    let agreement = try await eventually("the webhook to make the agreement") {
      try ledger.agreements(.all, after: nil, limit: 10).first { $0.customer == id && $0.state == .active }
    }
    voice.good(
      "agreement \(agreement.id): \(agreement.money), \(agreement.schedule), first due \(agreement.start?.description ?? "")"
    )
    return agreement
  }

  private func chargeOnSchedule(_ agreement: Agreement) async throws {
    voice.step(2, "The timer runs: it is due, and charged while Ada is away")
    let report = try await tick()
    guard report.paid == 1 else { throw failure("the first charge was not paid: \(report)") }
    let charge = try newest(of: agreement)
    voice.good("charge \(charge.id) is \(charge.state.rawValue), \(charge.money); no mail, the merchant was told")
  }

  private func declineNextMonth(_ agreement: Agreement) async throws -> Charge {
    voice.step(3, "A month later the bank says no")
    guard let method = agreement.paymentMethod, let next = try ledger.agreement(agreement.id)?.nextDueAt else {
      throw failure("the agreement has no next date")
    }
    try stripe.setBehavior(of: method.text, .declinesCharges(SandboxDecline("insufficient_funds")))
    clock.jump(by: next - clock.now + .minutes(5))
    let report = try await tick()
    guard report.declined == 1, report.linksCreated == 1 else {
      throw failure("the decline did not lead to a link: \(report)")
    }
    let shown = try show(newest(of: agreement).id)
    let attempt = shown.attempts.last
    voice.good(
      "402 \(attempt?.code ?? "")/\(attempt?.declineCode ?? ""): \(shown.charge.state.rawValue), next try \(shown.recovery?.nextRetryAt?.description ?? "never"), "
        + "given up on \(shown.recovery?.deadline.description ?? "")")
    return shown.charge
  }

  private func readMail(_ charge: Charge) async throws {
    voice.step(4, "Ada gets one email, with one link of our own")
    // Sent by the tick, or by `serve`, which has heard of the decline as well.
    let mails = try await eventually("the mail") {
      let mails = try FileManager.default.contentsOfDirectory(at: files.outbox, includingPropertiesForKeys: nil)
        .filter { $0.pathExtension == "eml" }
      return mails.isEmpty ? nil : mails
    }
    guard mails.count == 1, let mail = mails.first else {
      throw failure("\(mails.count) mails in \(files.outbox.path)")
    }
    let raw = try String(contentsOf: mail, encoding: .utf8)
    voice.quote(try MailPreview(raw).lines)
    voice.say("The whole mail, text and HTML: \(mail.path)")
    guard let link = program.links.recovery(charge.id), try MailPreview(raw).text.contains(link) else {
      throw failure("the mail does not carry the recovery link")
    }
  }

  private func payByLink(_ charge: Charge) async throws {
    voice.step(5, "She opens the link and pays with another card")
    guard let link = program.links.recovery(charge.id) else { throw failure("no link") }
    let page = try await browse(.get, link)
    guard page.status == 200, String(decoding: page.body, as: UTF8.self).contains("10.99") else {
      throw failure("the page says \(page.status)")
    }
    voice.say("GET \(link) shows what is owed, and changes nothing.")
    let click = try await browse(.post, program.links.url(.pay(charge.id)) ?? "")
    guard click.status == 303, let session = try ledger.liveCheckout(of: charge.id)?.session else {
      throw failure("the button answers \(click.status)")
    }
    voice.say("POST …/pay leads to \(click.header("location") ?? "")")
    let back = try stripe.complete(session: session.text, card: "5555555555554444")
    let landing = try await browse(.get, back)
    guard landing.status == 200 else { throw failure("the landing page says \(landing.status)") }
    let paid = try await eventually("the payment to arrive") {
      let now = try ledger.charge(charge.id)
      return now?.state == .paid ? now : nil
    }
    voice.good(
      "charge \(paid.id) is paid by \(paid.paidBy?.rawValue ?? ""); webhook and landing page ran the same routine, once"
    )
    let report = try await tick()
    guard report.errors == 0, report.attempted == 0 else {
      throw failure("the next tick did something else: \(report)")
    }
  }

  private func tellMerchant(_ charge: Charge) async throws {
    voice.step(6, "The merchant's own system is told, once")
    let messages = try await eventually("the merchant's messages") {
      let lines = try String(contentsOf: files.merchant, encoding: .utf8).split(separator: "\n").map(String.init)
      return lines.contains { $0.contains("charge.paid") && $0.contains(charge.id.text) } ? lines : nil
    }
    let paid = messages.filter { $0.contains("\"type\":\"charge.paid\"") && $0.contains(charge.id.text) }
    guard paid.count == 1 else { throw failure("told \(paid.count) times") }
    voice.good("charge.paid for \(charge.id), with the line items: \(files.merchant.path)")
  }

  private func chargeNewCard(_ agreement: Agreement) async throws {
    voice.step(7, "Next month the new card is charged, by itself")
    guard let next = try ledger.agreement(agreement.id)?.nextDueAt else { throw failure("no next date") }
    clock.jump(by: next - clock.now + .minutes(5))
    let report = try await tick()
    let charge = try newest(of: agreement)
    guard report.paid == 1, charge.state == .paid, charge.paymentMethod != agreement.paymentMethod else {
      throw failure("the new card was not charged: \(report)")
    }
    let method = try charge.paymentMethod.flatMap { try ledger.paymentMethod($0) }
    voice.good("charge \(charge.id) is paid with \(method?.label ?? "the new card")")
    clock.catchUp()
  }

  // MARK: After the story

  /// Leaves something to click: a setup to fill in and a payment that failed.
  func leaveOpen() async throws {
    let customer = try await post(
      "/v1/customers", "name=Grace+Hopper&email=grace%40example.com&preferred_locales[0]=de")
    let id = CustomerID(try text(customer, "id"))
    _ = try await engine.customer(id)
    let attached = try await post("/v1/payment_methods/pm_card_chargeCustomerFail/attach", "customer=\(id)")
    let method = try await engine.chooseMethod(
      for: engine.customer(id), named: PaymentMethodID(try text(attached, "id")))
    let owed = Charge.new(
      id: ledger.id.charge(key: "demo"), customer: id, money: Money(amount: 4900, currency: .gbp),
      description: "Spring training camp", statementDescriptorSuffix: nil, origin: .key("demo"), dueAt: clock.now,
      paymentMethod: method?.id, heldReason: nil, metadata: [:])
    _ = try ledger.enqueue(owed, equalWithin: nil, at: clock.now)
    _ = try await TickLock.holding(ledgerPath: ledger.path) { try await engine.tick(limit: nil) }
    var setupURL = ""
    if let job = program.jobs.jobs["gold"],
      case .open(_, let url) = try await engine.createSetup(
        customer: nil, email: nil, job: job, currency: job.money.currency, locale: "en")
    {
      setupURL = url ?? ""
    }
    voice.invitation(
      recovery: program.links.recovery(owed.id) ?? "", setup: setupURL,
      sandbox: program.configuration.stripe.apiBase, outbox: files.outbox.path, configuration: files.configuration.path)
  }
}
