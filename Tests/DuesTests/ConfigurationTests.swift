import Domain
import Stripe
import Testing
import Transport

@testable import dues

struct ConfigurationTests {
  @Test func `an empty file has the defaults of the interface`() throws {
    let configuration = try Configuration.of("")
    #expect(configuration.mode == .none)
    #expect(configuration.business.name == nil)
    #expect(configuration.business.zone.identifier == "UTC")
    #expect(configuration.business.locale == "en")
    #expect(configuration.business.currency == .usd)
    #expect(configuration.stripe.secretKey == nil)
    #expect(configuration.stripe.webhookSecrets.isEmpty)
    #expect(configuration.stripe.apiBase == "https://api.stripe.com")
    #expect(configuration.stripe.apiVersion == "2026-10-28.endive")
    #expect(configuration.stripe.requestsPerSecondPerEndpoint == 15)
    #expect(configuration.stripe.maxInFlight == 64)
    #expect(configuration.stripe.timeout == .seconds(80))
    #expect(configuration.stripe.paymentMethods == .types(["card", "us_bank_account", "sepa_debit"]))
    #expect(configuration.store.path == "dues.db")
    #expect(configuration.server.listen.description == "127.0.0.1:8080")
    #expect(configuration.server.internalListen.description == "127.0.0.1:9464")
    #expect(configuration.server.publicURL == nil)
    #expect(configuration.server.checkoutUI == .hostedPage)
    #expect(configuration.mail.delivery == .none)
    #expect(configuration.policy == .standard)
    #expect(configuration.notices.timing.upcomingCharge == nil)
    #expect(configuration.notices.timing.cardExpiring == .days(14))
    #expect(configuration.notices.receipt == .stripe)
    #expect(configuration.fulfillment == .none)
    #expect(configuration.limits.catchUp == .days(3))
    #expect(configuration.limits.maxCharge.isEmpty)
    #expect(configuration.limits.maxTickTotal.isEmpty)
    #expect(configuration.limits.stopAtDeclinesPerMille == nil)
    #expect(configuration.paths.jobs == "jobs")
    #expect(configuration.paths.templates == "templates")
    #expect(configuration.warnings.isEmpty)
  }

  @Test(arguments: [
    ("sk_test_1", Configuration.Mode.test, 15), ("rk_test_1", .test, 15),
    ("sk_live_1", .live, 40), ("rk_live_1", .live, 40),
  ])
  func `the key decides mode and pace`(key: String, mode: Configuration.Mode, pace: Int) throws {
    let configuration = try Configuration.of("", environment: ["STRIPE_SECRET_KEY": key])
    #expect(configuration.mode == mode)
    #expect(configuration.stripe.requestsPerSecond == pace)
    #expect(configuration.stripe.secretKey?.revealed == key)
  }

  @Test func `a pace that is written holds for a test key too`() throws {
    let configuration = try Configuration.of(
      "[stripe]\nrequests_per_second = 22", environment: ["STRIPE_SECRET_KEY": "sk_test_1"])
    #expect(configuration.stripe.requestsPerSecond == 22)
  }

  @Test func `an empty key in the environment is no key`() throws {
    #expect(try Configuration.of("", environment: ["STRIPE_SECRET_KEY": ""]).mode == .none)
  }

  @Test func `every kind of value is read`() throws {
    let configuration = try Configuration.of(
      """
      [business]
      time_zone = "Europe/London"
      currency = "jpy"
      [stripe]
      api_base = "http://127.0.0.1:12111/"
      payment_methods = "dynamic"
      [server]
      listen = "[::1]:0"
      public_url = "http://localhost:8080/"
      link_secret = "0123456789abcdef0123456789abcdef"
      [mail]
      from = "Gold, Inc. <billing@gold.example>"
      smtp_url = "smtps://mail.gold.example:465"
      username = "dues"
      password = "geheim"
      starttls = "if_offered"
      [retry]
      delays = []
      [recovery]
      first_notice = "after_first_retry"
      save_new_card = false
      [notices]
      card_expiring = "off"
      [fulfillment]
      command = ["bin/paid", "--now"]
      [limits]
      max_charge = {usd = 100000, eur = 90000}
      stop_at_decline_rate = 0.25
      [limits.max_tick_total]
      jpy = 5
      """)
    #expect(configuration.business.zone.identifier == "Europe/London")
    #expect(configuration.business.currency == .jpy)
    #expect(configuration.stripe.apiBase == "http://127.0.0.1:12111")
    #expect(configuration.stripe.paymentMethods == .dynamic)
    #expect(configuration.server.listen == ListenAddress(host: "::1", port: 0))
    #expect(configuration.server.publicURL == "http://localhost:8080")
    #expect(configuration.mail.from == MailAddress(name: "Gold, Inc.", address: "billing@gold.example"))
    let server = Configuration.Mail.Server(
      url: "smtps://mail.gold.example:465", username: "dues", password: Secret("geheim"), startTLS: .ifOffered,
      caFile: nil)
    #expect(configuration.mail.delivery == .server(server))
    #expect(configuration.retry.delays.isEmpty)
    #expect(configuration.retry.maxAttempts == 5)
    #expect(configuration.recovery.firstNotice == .afterFirstRetry)
    #expect(!configuration.recovery.saveNewCard)
    #expect(configuration.notices.timing.cardExpiring == nil)
    #expect(configuration.fulfillment == .command(["bin/paid", "--now"]))
    #expect(configuration.limits.maxCharge == [.usd: 100_000, .eur: 90_000])
    #expect(configuration.limits.maxTickTotal == [.jpy: 5])
    #expect(configuration.limits.stopAtDeclinesPerMille == 250)
  }

  @Test func `relative paths are relative to the file`() throws {
    let configuration = try Configuration.parse(
      """
      [store]
      path = "data/dues.db"
      [mail]
      from = "a@b.example"
      outbox = "./outbox"
      [paths]
      jobs = "/srv/jobs"
      [fulfillment]
      command = ["bin/paid", "jobs"]
      """, file: "/etc/dues/config.toml", environment: [:])
    #expect(configuration.store.path == "/etc/dues/data/dues.db")
    #expect(configuration.mail.delivery == .outbox("/etc/dues/outbox"))
    #expect(configuration.paths.jobs == "/srv/jobs")
    #expect(configuration.paths.templates == "/etc/dues/templates")
    #expect(configuration.fulfillment == .command(["/etc/dues/bin/paid", "jobs"]))
  }

  @Test func `a command without a slash is looked for in the path`() throws {
    let configuration = try Configuration.parse(
      "[fulfillment]\ncommand = [\"logger\"]", file: "/etc/dues/config.toml", environment: [:])
    #expect(configuration.fulfillment == .command(["logger"]))
  }

  @Test func `keys that do nothing yet are accepted and named`() throws {
    let configuration = try Configuration.of(
      """
      [store]
      instance = "here"
      [notices]
      upcoming_charge = "3d"
      card_expiring = "7d"
      [operator]
      alert_email = "ops@gold.example"
      ping_url = "https://ping.example/x"
      [limits]
      stop_at_decline_rate = 1
      """)
    #expect(configuration.operator.alertEmail == "ops@gold.example")
    #expect(configuration.store.instance == "here")
    #expect(configuration.notices.timing.cardExpiring == .days(7))
    #expect(configuration.limits.stopAtDeclinesPerMille == 1000)
  }

  @Test func `what is turned off is not reported as missing`() throws {
    let text = "[notices]\nupcoming_charge = \"off\"\ncard_expiring = \"off\"\n[server]\ncheckout_ui = \"hosted_page\""
    _ = try Configuration.of(text)
  }

  @Test func `a form on our own page needs the publishable key`() throws {
    let form = "[server]\ncheckout_ui = \"elements\"\n"
    let error = #expect(throws: ConfigurationError.self) { try Configuration.of(form) }
    #expect(error?.description.contains("stripe.publishable_key") == true)
    let good = try Configuration.of(form + "[stripe]\npublishable_key = \"pk_test_1\"")
    #expect(good.server.checkoutUI == .elements)
  }
}
