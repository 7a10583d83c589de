import Domain
import Testing

@testable import dues

/// What a person reads who wrote something wrong: the place, the mistake, and what to write instead.
struct ConfigurationErrorTests {
  private static let values: [(String, String)] = [
    // Durations.
    ("stripe.timeout = \"10 x\"", "\"10 x\" is not a duration; write \"80s\", \"15m\", \"24h\" or \"3d\""),
    ("stripe.timeout = \"0s\"", "\"0s\" is no time at all; write \"80s\", \"15m\", \"24h\" or \"3d\""),
    ("stripe.timeout = \"-5s\"", "\"-5s\" is not a duration; write \"80s\", \"15m\", \"24h\" or \"3d\""),
    ("stripe.timeout = 80", "80 is a whole number, not a text; write it in quotes: \"…\""),
    ("limits.catch_up = \"9999d\"", "\"9999d\" is longer than ten years; write \"80s\", \"15m\", \"24h\" or \"3d\""),
    (
      "limits.catch_up = \"99999999999999999999s\"",
      "\"99999999999999999999s\" is longer than ten years; write \"80s\", \"15m\", \"24h\" or \"3d\""
    ),
    ("notices.card_expiring = \"soon\"", "\"soon\" is not a duration; write \"14d\" or another time, or \"off\""),
    (
      "recovery.checkout_lifetime = \"25h\"",
      "\"25h\" is not a lifetime that Stripe gives a checkout; write \"30m\" to \"24h\""
    ),
    // Numbers and flags.
    (
      "stripe.requests_per_second = 0", "0 is out of range; write a whole number from 1 to 1000000"
    ),
    (
      "stripe.max_in_flight = \"64\"",
      "\"64\" is a text, not a whole number; write a whole number from 1 to 1000"
    ),
    (
      "stripe.max_in_flight = 1.5",
      "1.5 is a decimal number, not a whole number; write a whole number from 1 to 1000"
    ),
    ("retry.max_attempts = 16", "16 is out of range; write a whole number from 1 to 15"),
    (
      "recovery.save_new_card = \"yes\"",
      "\"yes\" is neither true nor false; write true or false, without quotes"
    ),
    ("limits.stop_at_decline_rate = 1.5", "1.5 is not a share; write a number from 0 to 1, such as 0.5"),
    ("limits.max_charge = 5", "is a whole number, not a table; write a table: [limits.max_charge]"),
    // Choices, texts and lists.
    (
      "recovery.then = \"stop\"", "\"stop\" is not known here; write \"pause\", \"cancel\" or \"continue\""
    ),
    (
      "server.checkout_ui = \"page\"",
      "\"page\" is not known here; write \"hosted_page\", \"embedded_page\" or \"elements\""
    ),
    ("business.name = \"\"", "\"\" is empty; write a value, or remove the key"),
    ("retry.delays = \"1d\"", "\"1d\" is a text, not a list; write it as [\"…\", \"…\"]"),
    ("retry.delays_for = [\"1d\"]", "is a list, not a table; write a table: [retry.delays_for]"),
    ("stripe.payment_methods = []", "the list is empty; name at least \"card\", or write \"dynamic\""),
    ("stripe.payment_methods = [\"card\", \"card\"]", "the list names one twice; name each once"),
    ("stripe.payment_methods = \"automatic\"", "\"automatic\" is a text, not a list; write it as [\"…\", \"…\"]"),
    (
      "fulfillment.command = []",
      "the list is empty; write the program and its arguments, such as [\"/usr/local/bin/paid\"]"
    ),
    // Money and time.
    ("business.currency = \"USD\"", "currency \"USD\" is not lower case; write \"usd\""),
    (
      "business.currency = \"bitcoin\"",
      "\"bitcoin\" is not a currency that Stripe charges in; write a lower-case ISO 4217 code such as \"usd\""
    ),
    (
      "business.time_zone = \"London\"",
      "time zone \"London\" is not known; write an IANA name such as \"Europe/London\", or \"UTC\""
    ),
    ("business.locale = \"English\"", "\"English\" is not a language tag; write \"en\", \"de\" or \"pt-BR\""),
    ("business.color = \"blue\"", "\"blue\" is not a color; write \"#1d4ed8\""),
    // Addresses.
    (
      "mail.reply_to = \"nobody\"",
      "\"nobody\" is not a mail address; write \"billing@example.com\" or \"Example <billing@example.com>\""
    ),
    (
      "business.support_email = \"Help <help@a.example>\"",
      """
      "Help <help@a.example>" is not a mail address; write "billing@example.com" or "Example <billing@example.com>"
      """
    ),
    ("server.listen = \"8080\"", "\"8080\" is not a host and a port; write \"127.0.0.1:8080\" or \"[::1]:8080\""),
    (
      "server.listen = \"::1:80\"",
      "\"::1:80\" is an IPv6 address without brackets; write \"127.0.0.1:8080\" or \"[::1]:8080\""
    ),
    ("server.internal_listen = \"127.0.0.1:8080\"", "is the same as server.listen; write another port"),
    (
      "stripe.api_base = \"http://stripe.example\"",
      "\"http://stripe.example\" is http, which only loopback addresses may be; write an https:// address"
    ),
    (
      "stripe.api_base = \"http://127.0.0.1.example\"",
      "\"http://127.0.0.1.example\" is http, which only loopback addresses may be; write an https:// address"
    ),
    (
      "stripe.api_base = \"https://api.stripe.com/v1\"",
      "\"https://api.stripe.com/v1\" ends with /v1; write \"https://api.stripe.com\""
    ),
    (
      "stripe.api_base = \"api.stripe.com\"",
      "\"api.stripe.com\" is not an address; write a whole one, such as \"https://example.com\""
    ),
    (
      "business.website = \"http://gold.example\"",
      "\"http://gold.example\" is http, which only loopback addresses may be; write an https:// address"
    ),
    (
      "mail.smtp_url = \"mail.gold.example:587\"",
      """
      "mail.gold.example:587" is not an address; write "smtp://host:587" or "smtps://host:465"
      """
    ),
    (
      "stripe.ca_file = \"/nowhere/ca.pem\"",
      "\"/nowhere/ca.pem\" cannot be read; name a file that this user can read"
    ),
    // Keys.
    (
      "stripe.secret_key = \"sk_prod_1\"",
      "the value is not a secret key of Stripe; give one that begins with sk_live_, rk_live_, sk_test_ or rk_test_"
    ),
    (
      "stripe.secret_key = \"pk_test_1\"",
      "the value is a publishable key; give one that begins with sk_live_, rk_live_, sk_test_ or rk_test_"
    ),
    (
      "stripe.publishable_key = \"sk_test_1\"",
      "the value is not a publishable key; give one that begins with pk_live_ or pk_test_"
    ),
    // Unknown keys.
    ("stripe.timeuot = \"80s\"", "unknown key; did you mean \"timeout\"?"),
    ("mail.timeout = \"80s\"", "unknown key; did you mean \"timeout\" in [stripe]?"),
    ("paths.nonsense = 1", "unknown key; remove it ([paths] may hold jobs, templates)"),
  ]

  @Test(arguments: values)
  func `a wrong value is named with file, line and key`(line: String, complaint: String) throws {
    let key = String(line.prefix { $0 != " " })
    let parts = key.split(separator: ".")
    let own = line.dropFirst(parts[0].count + 1)
    let text = "# A comment.\n\n[\(parts[0])]\n\(own)\n"
    let actual = Configuration.complaint(of: text).split(separator: "\n").first { $0.contains(" \(key): ") }
    #expect(actual.map(String.init) == "config.toml:4: \(key): \(complaint)")
  }

  @Test(arguments: [
    (
      "[limits]\nmax_charge = {usd = 1, USD = 2}",
      "config.toml:2: limits.max_charge.USD: currency \"USD\" is not lower case; write \"usd\""
    ),
    (
      "[limits.max_charge]\n\nusd = -1",
      "config.toml:3: limits.max_charge.usd: -1 is out of range; write a whole number from 1 to 999999999999"
    ),
    (
      "[retry]\ndelays = [\n  \"1d\",\n  \"soon\",\n]",
      "config.toml:4: retry.delays.1: \"soon\" is not a duration; write \"80s\", \"15m\", \"24h\" or \"3d\""
    ),
    (
      "[retry]\ndelays = [1]",
      "config.toml:2: retry.delays.0: 1 is a whole number, not a text; write it in quotes: \"…\""
    ),
    (
      "[retry.delays_for]\ndo_not_honor = \"1d\"",
      "config.toml:2: retry.delays_for.do_not_honor: \"1d\" is a text, not a list; write it as [\"…\", \"…\"]"
    ),
    (
      "[retry]\ndelays_for = {do_not_honor = [\n  \"1d\",\n  2]}",
      "config.toml:4: retry.delays_for.do_not_honor.1: 2 is a whole number, not a text; write it in quotes: \"…\""
    ),
    (
      "[retry.delays_for]\ndo_not_honor = [\"1d\"]\ndo_not_honour = [\"1d\"]",
      """
      config.toml:3: retry.delays_for.do_not_honour: Dues knows no decline with this code; \
      did you mean "do_not_honor"?
      """
    ),
    ("stripe = 3", "config.toml:1: stripe: is a whole number, not a table; write a table: [stripe]"),
    ("[strip]\n", "config.toml:1: strip: unknown key; did you mean \"stripe\"?"),
    ("timeout = \"80s\"", "config.toml:1: timeout: unknown key; did you mean \"timeout\" in [stripe]?"),
    (
      "stripe.timeout = \"later\"",
      "config.toml:1: stripe.timeout: \"later\" is not a duration; write \"80s\", \"15m\", \"24h\" or \"3d\""
    ),
    (
      "[mail]\nfrom = \"a@b.example\"\nsmtp_url = \"smtp://mail.example\"\noutbox = \"out\"",
      "config.toml:4: mail.outbox: mail.smtp_url is there too; remove one of the two"
    ),
    (
      "[mail]\noutbox = \"out\"",
      "config.toml:1: mail.from: is missing; write \"Example <billing@example.com>\""
    ),
    (
      "[mail]\nusername = \"dues\"",
      """
      config.toml:1: mail.password: is missing, and there is a mail.username; \
      write "env:NAME", "file:/path" or "credential:NAME"
      """
    ),
    (
      "[fulfillment]\nurl = \"https://gold.example/x\"\nsecret = \"s\"\ncommand = [\"x\"]",
      "config.toml:4: fulfillment.command: fulfillment.url is there too; remove one of the two"
    ),
    (
      "[fulfillment]\nurl = \"https://gold.example/x\"",
      """
      config.toml:1: fulfillment.secret: is missing, and messages to fulfillment.url are signed with it; \
      write "env:NAME", "file:/path" or "credential:NAME"
      """
    ),
    (
      "[server]\npublic_url = \"https://pay.gold.example\"",
      """
      config.toml:1: server.link_secret: is missing, and links to server.public_url are signed with it; \
      write "env:DUES_LINK_SECRET", "file:/path" or "credential:link_secret"
      """
    ),
  ])
  func `a mistake beyond one value is named with its line`(text: String, complaint: String) {
    #expect(Configuration.complaint(of: text) == complaint)
  }

  @Test(arguments: DeclineTable.rows)
  func `delays are for the codes that wait, and for no other that is known`(row: DeclineTable.Row) {
    for code in row.codes {
      let complaint = Configuration.complaint(of: "[retry.delays_for]\n\(code) = [\"1d\"]")
      let expected =
        row.verdict.remedy == .wait
        ? ""
        : "config.toml:2: retry.delays_for.\(code): such a decline is never retried with the same method; remove it"
      #expect(complaint == expected)
    }
  }

  @Test func `whoever writes a code that is not known reads which are`() {
    let complaint = Configuration.complaint(of: "[retry.delays_for]\nwait = [\"1d\"]")
    let start = "config.toml:2: retry.delays_for.wait: Dues knows no decline with this code; write one of "
    #expect(complaint.hasPrefix(start))
    let waiting = DeclineTable.rows.filter { $0.verdict.remedy == .wait }.flatMap(\.codes)
    #expect(Set(complaint.dropFirst(start.count).split(separator: ", ").map(String.init)) == Set(waiting))
  }

  @Test(arguments: ["http://127.0.0.1:12111", "http://localhost:12111", "HTTP://[::1]:12111"])
  func `a live key over http is refused, a test key is not`(base: String) throws {
    let text = "[stripe]\napi_base = \"\(base)\""
    #expect(try Configuration.of(text, environment: ["STRIPE_SECRET_KEY": "sk_test_1"]).stripe.apiBase == base)
    for key in ["sk_live_1", "rk_live_1"] {
      #expect(
        Configuration.complaint(of: text, environment: ["STRIPE_SECRET_KEY": key]) == """
          config.toml:2: stripe.api_base: "\(base)" is http, and stripe.secret_key is a live key; \
          write an https:// address, or use a test key (sk_test_…)
          """)
    }
  }

  @Test func `a short link secret is refused with a live key, and warned of otherwise`() throws {
    let text = "[business]\nwebsite = \"https://a.example\"\n[server]\nlink_secret = \"env:LINK\""
    let test = try Configuration.of(text, environment: ["STRIPE_SECRET_KEY": "sk_test_1", "LINK": "short"])
    #expect(test.warnings.map(\.key) == ["server.link_secret"])
    #expect(
      Configuration.complaint(of: text, environment: ["STRIPE_SECRET_KEY": "sk_live_1", "LINK": "short"])
        == "config.toml:4: server.link_secret: is shorter than 32 characters; make one with `openssl rand -hex 32`")
  }

  @Test func `all mistakes are reported at once, by line`() {
    let text = """
      [stripe]
      timeout = "10 x"
      [recovery]
      then = "stop"
      nonsense = 1
      [retry]
      max_attempts = 0
      """
    let lines = Configuration.complaint(of: text).split(separator: "\n")
    #expect(
      lines.map { $0.split(separator: " ")[0...1].joined() } == [
        "config.toml:2:stripe.timeout:", "config.toml:4:recovery.then:", "config.toml:5:recovery.nonsense:",
        "config.toml:7:retry.max_attempts:",
      ])
  }

  @Test(arguments: [
    (
      "[stripe\ntimeout = 1",
      "1:8: is not TOML (table header: expected ']', saw '\\n'); mend this line; texts want quotes"
    ),
    (
      "[stripe]\ntimeout = 80s",
      "2:13: is not TOML (decimal integer: expected digit, saw 's'); mend this line; texts want quotes"
    ),
    (
      "[stripe]\nsecret_key = sk_live_1",
      "2:14: is not TOML (value: could not determine value type); mend this line; texts want quotes"
    ),
    (
      "[retry]\na = 1\na = 2",
      "3:5: is not TOML (key-value pair: cannot redefine existing integer 'a'); remove one of the two"
    ),
    (
      "[limits]\nmax_charge = {usd = 99999999999999999999}",
      """
      2:41: is not TOML (decimal integer: '…' is not representable in 64 bits); mend this line; texts want quotes
      """
    ),
  ])
  func `what is not TOML is named with line and column`(text: String, complaint: String) {
    #expect(Configuration.complaint(of: text) == "config.toml:" + complaint)
  }

  @Test func `a file that cannot be read is named`() throws {
    try Scratch.with(["nul.toml": "[stripe]\0"]) { scratch in
      func complaint(_ path: String) -> String {
        do throws(ConfigurationError) {
          return "\(try Configuration.load(path: path, environment: [:]).file) was read"
        } catch {
          return error.description
        }
      }
      let missing = scratch.path("config.toml")
      #expect(complaint(missing) == "\(missing): cannot be read (no such file); name a file that this user can read")
      #expect(complaint(scratch.directory).hasPrefix("\(scratch.directory): cannot be read ("))
      #expect(complaint(scratch.path("nul.toml")) == "\(scratch.path("nul.toml")): is not UTF-8 text; save it as UTF-8")
    }
  }
}
