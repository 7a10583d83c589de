import Domain
import Testing

@testable import dues

/// `env:`, `file:` and `credential:`.
struct ConfigurationReferenceTests {
  @Test func `any value may stand in the environment`() throws {
    let environment = [
      "KEY": "sk_test_1", "HOOKS": "whsec_1, whsec_2", "PACE": "7", "WAIT": "5s", "SAVE": "false", "CAP": "500",
      "RATE": "0.5", "METHODS": "dynamic", "DELAY": "2d",
    ]
    let configuration = try Configuration.of(
      """
      [stripe]
      secret_key = "env:KEY"
      webhook_secrets = "env:HOOKS"
      requests_per_second = "env:PACE"
      timeout = "env:WAIT"
      payment_methods = "env:METHODS"
      [retry]
      delays = ["env:DELAY", "3d"]
      [recovery]
      save_new_card = "env:SAVE"
      [limits]
      max_charge = {usd = "env:CAP"}
      stop_at_decline_rate = "env:RATE"
      """, environment: environment)
    #expect(configuration.mode == .test)
    #expect(configuration.stripe.webhookSecrets == [Secret("whsec_1"), Secret("whsec_2")])
    #expect(configuration.stripe.requestsPerSecond == 7)
    #expect(configuration.stripe.timeout == .seconds(5))
    #expect(configuration.stripe.paymentMethods == .dynamic)
    #expect(configuration.retry.delays == [.seconds(172_800), .seconds(259_200)])
    #expect(!configuration.recovery.saveNewCard)
    #expect(configuration.limits.maxCharge == [.usd: 500])
    #expect(configuration.limits.stopAtDeclinesPerMille == 500)
  }

  @Test func `a file's last line break is not part of the value`() throws {
    let files = ["one": "sk_test_1\n", "two": "whsec_2\r\n", "three": "whsec_3", "four": " whsec_4 \n\n"]
    try Scratch.with(files) { scratch in
      let configuration = try Configuration.parse(
        """
        [stripe]
        secret_key = "file:one"
        webhook_secrets = ["file:\(scratch.path("two"))", "file:three", "file:./four"]
        """, file: scratch.path("config.toml"), environment: [:])
      #expect(configuration.stripe.secretKey == Secret("sk_test_1"))
      #expect(configuration.stripe.webhookSecrets == [Secret("whsec_2"), Secret("whsec_3"), Secret(" whsec_4 \n")])
    }
  }

  @Test func `a credential is a file that systemd made`() throws {
    try Scratch.with(["stripe_secret_key": "sk_live_1\n"]) { scratch in
      let configuration = try Configuration.of(
        "[stripe]\nsecret_key = \"credential:stripe_secret_key\"",
        environment: ["CREDENTIALS_DIRECTORY": scratch.directory])
      #expect(configuration.mode == .live)
    }
  }

  @Test(arguments: [
    ("env:NONE", "\"env:NONE\" is not set; set $NONE"),
    ("env:BLANK", "\"env:BLANK\" is empty; set $BLANK"),
    ("env:", "\"env:\" names no variable; write \"env:NAME\""),
    ("file:", "\"file:\" names no file; write \"file:/path\""),
    (
      "file:/nowhere/key",
      "\"file:/nowhere/key\" cannot be read (no such file); make /nowhere/key a text file that this user can read"
    ),
    ("credential:../key", "\"credential:../key\" names no credential; write \"credential:NAME\""),
    (
      "credential:key",
      """
      "credential:key" is out of reach ($CREDENTIALS_DIRECTORY is not set); \
      add LoadCredential=key:/path to the systemd unit, or write "env:NAME" or "file:/path"
      """
    ),
  ])
  func `a reference that is written and leads nowhere is an error`(reference: String, complaint: String) {
    let text = "[stripe]\nsecret_key = \"\(reference)\""
    #expect(
      Configuration.complaint(of: text, environment: ["BLANK": ""]) == "config.toml:2: stripe.secret_key: \(complaint)")
  }

  @Test func `a credential that systemd did not load is named with its directory`() throws {
    try Scratch.with { scratch in
      let complaint = Configuration.complaint(
        of: "[stripe]\nsecret_key = \"credential:key\"", environment: ["CREDENTIALS_DIRECTORY": scratch.directory])
      #expect(
        complaint == """
          config.toml:2: stripe.secret_key: "credential:key" cannot be read (no such file); make \(scratch.path("key")) \
          a text file that this user can read, and name it in the systemd unit (LoadCredential=key:/path)
          """)
    }
  }

  @Test func `an empty file is a missing secret`() throws {
    try Scratch.with(["key": "\n"]) { scratch in
      let complaint = Configuration.complaint(of: "[stripe]\nsecret_key = \"file:\(scratch.path("key"))\"")
      #expect(complaint.contains("is empty; make \(scratch.path("key"))"))
    }
  }

  @Test(arguments: [
    "[stripe]\nsecret_key = \"env:SECRET\"", "[stripe]\nsecret_key = \"hunter2\"",
    "[stripe]\npublishable_key = \"hunter2\"", "[stripe]\ntimeout = \"env:SECRET\"",
    "[business]\ncurrency = \"env:SECRET\"", "[business]\ntime_zone = \"env:SECRET\"",
    "[stripe]\nmax_in_flight = \"env:SECRET\"", "[stripe]\npayment_methods = \"env:SECRET\"",
    "[server]\npublic_url = \"https://u:hunter2@pay.example\"", "[mail]\nsmtp_url = \"smtp://u:hunter2@mail.example\"",
    "[mail]\nsmtp_url = \"u:hunter2 @mail.example\"", "[mail]\nfrom = \"env:SECRET\"",
    "[stripe]\nsecret_key = hunter2", "[stripe]\nsecret_key = \"hunter2", "[stripe]\nsecret_key = \"hunter2\" hunter2",
  ])
  func `no message shows a secret`(text: String) {
    let complaint = Configuration.complaint(of: text, environment: ["SECRET": "hunter2 with blanks"])
    #expect(complaint.contains("config.toml:2:"))
    #expect(!complaint.contains("hunter2"))
  }

  @Test func `a secret prints as dots, wherever it is`() throws {
    let configuration = try Configuration.of("", environment: ["STRIPE_SECRET_KEY": "sk_test_hunter2"])
    var dumped = ""
    dump(configuration, to: &dumped)
    for text in ["\(configuration)", "\(Secret("hunter2"))", String(reflecting: Secret("hunter2")), dumped] {
      #expect(!text.contains("hunter2"))
      #expect(!text.isEmpty)
    }
    #expect("\(Secret("hunter2"))" == "••••")
  }

  @Test func `a secret in the file itself is allowed, and dues check says so`() throws {
    let configuration = try Configuration.of(
      "[stripe]\nsecret_key = \"sk_test_1\"\nwebhook_secrets = [\"whsec_1\"]\n[business]\nwebsite = \"https://a.example\""
    )
    #expect(configuration.warnings.map(\.key) == ["stripe.secret_key", "stripe.webhook_secrets"])
    #expect(
      configuration.warnings.first?.description == """
        config.toml:2: stripe.secret_key: a secret stands in the file itself; \
        write "env:NAME", "file:/path" or "credential:NAME"
        """)
  }
}
