import ArgumentParser
import Domain
import Testing

@testable import dues

/// What the command line takes, and what it refuses before anything is opened.
@Suite struct CommandLineTests {
  @Test(arguments: [
    "tick", "tick --limit 10 --json", "job list", "job check --config /etc/dues.toml",
    "agreement add --customer cus_1 --job gold", "agreement add --customer cus_1 --job gold --start 2027-03-31 --again",
    "agreement list --json", "agreement show agr_1", "agreement pause agr_1", "agreement resume agr_1",
    "agreement cancel agr_1 --keep-owed", "charge enqueue --customer cus_1 --amount 5 --currency usd --description Fee",
    "charge enqueue --customer cus_1 --amount=-5 --currency usd --description Fee --metadata a=b --metadata c=d=e",
    "charge list --state recovering --customer cus_1 --since 2027-03-01 --limit 5",
    "charge list --email ada@example.com --since 2027-03-01T09:00:00+01:00", "charge show chg_1",
    "charge explain chg_1",
    "charge cancel chg_1", "charge approve chg_1", "setup create --customer cus_1 --job gold --currency eur",
    "setup create --email ada@example.com", "setup complete cs_1", "recovery link chg_1", "fulfill cs_1",
    "sync --since 2027-03-01", "status --now 2027-03-01T09:00:00Z", "check --log-level debug", "template list",
    "template preview reminder --locale de --html", "template send reminder --to ada@example.com",
  ])
  func `is understood`(line: String) throws {
    _ = try Dues.parseAsRoot(line.split(separator: " ").map(String.init))
  }

  @Test(arguments: [
    ("tick --limit 0", "--limit"), ("tick --limit many", "many"), ("tick --no-such-option", "--no-such-option"),
    ("tick --now tomorrow", "tomorrow"), ("no-such-command", "no-such-command"), ("charge show", "charge"),
    ("charge list --state sleeping", "sleeping"), ("charge list --since lately", "lately"),
    ("charge list --limit 0", "--limit"), ("charge enqueue --customer cus_1", "--amount"),
    ("charge enqueue --customer cus_1 --amount 10.99 --currency usd --description Fee", "10.99"),
    ("charge enqueue --customer cus_1 --amount 5 --currency usd --description Fee --due soon", "soon"),
    ("charge enqueue --customer cus_1 --amount 5 --currency usd --description Fee --metadata a", "k=v"),
    ("agreement add --customer cus_1 --job gold --start 31.03.2027", "31.03.2027"),
    ("agreement add --customer cus_1 --job gold --start 2027-02-30", "2027-02-30"),
    ("setup create --customer cus_1 --email ada@example.com", "--email"),
    ("template preview reminder --html --text", "--html"), ("template send reminder", "--to"),
    ("check --log-level loud", "loud"),
  ])
  func `is refused as wrong usage, naming what is wrong`(line: String, named: String) {
    do {
      _ = try Dues.parseAsRoot(line.split(separator: " ").map(String.init))
      Issue.record("it was understood")
    } catch {
      #expect(Dues.exitCode(for: error).rawValue == ExitStatus.usage.rawValue)
      #expect(Dues.fullMessage(for: error).contains(named), "\(Dues.fullMessage(for: error))")
    }
  }

  @Test(arguments: [
    ("2027-03-01", "2027-03-01T05:00:00Z"), ("2027-07-01", "2027-07-01T04:00:00Z"),
    ("2027-03-01T09:00:00Z", "2027-03-01T09:00:00Z"), ("2027-03-01T09:00:00+01:00", "2027-03-01T08:00:00Z"),
  ])
  func `a date is its midnight in the business's zone`(text: String, expected: String) throws {
    let moment = try #require(Moment(argument: text))
    #expect(moment.timestamp(in: try ScheduleZone(identifier: "America/New_York")).description == expected)
  }

  // MARK: - What is bad input

  @Test(arguments: [
    "", "cus_", "pm_1", "cus-1", "cus_1/sources", "cus_1?x=1", "cus_1 ", "../cus_1", "cus_ä",
    "cus_" + String(repeating: "1", count: 255),
  ])
  func `a mistyped id is bad input and never part of a request`(text: String) throws {
    let failure = try #require(throws: CommandFailure.self) { try TypedID.customer(text) }
    #expect(failure.exit == .badInput)
    #expect(failure.message.contains("cus_"))
  }

  @Test func `ids of every kind are taken as Stripe and Dues write them`() throws {
    #expect(try TypedID.customer("cus_NffrFeUfNV2Hib") == "cus_NffrFeUfNV2Hib")
    #expect(try TypedID.method("card_1MvoiELkdIwHu7ixOeFGbN9D") == "card_1MvoiELkdIwHu7ixOeFGbN9D")
    #expect(try TypedID.session("cs_test_a1b2") == "cs_test_a1b2")
    #expect(try TypedID.charge("chg_7d452b8438ef7de3383ebfca") == "chg_7d452b8438ef7de3383ebfca")
    #expect(try TypedID.agreement("agr_1") == "agr_1")
  }

  @Test(arguments: [
    (0, "usd", "amount 0"), (-5, "usd", "negative"), (49, "usd", "50"), (29, "gbp", "30"), (49, "jpy", "50"),
    (1_000_000_000_000, "usd", "12 digits"), (1099, "xyz", "xyz"), (1099, "USD", "\"usd\""),
    (1234, "isk", "1200 or 1300"),
  ])
  func `an amount that could never be charged is bad input`(amount: Int64, currency: String, named: String) throws {
    let failure = try #require(throws: CommandFailure.self) { try ChargeEnqueueCommand.money(amount, currency) }
    #expect(failure.exit == .badInput)
    #expect(failure.message.contains(named), "\(failure.message)")
  }

  @Test(arguments: ["", "   ", "two\nlines", "\u{7}", String(repeating: "x", count: 251)])
  func `a description is one line for the customer`(text: String) throws {
    let failure = try #require(throws: CommandFailure.self) { try ChargeEnqueueCommand.checked(description: text) }
    #expect(failure.exit == .badInput && failure.message.contains("--description"))
    #expect(throws: CommandFailure.self) { try OwnKey.checked(String(repeating: text, count: 2)) }
  }

  @Test(arguments: [
    ("dues_charge=1", "dues_"), ("a[b]=1", "brackets"), ("a=", "empty"),
    (String(repeating: "k", count: 41) + "=1", "41"), ("k=" + String(repeating: "v", count: 501), "501"),
  ])
  func `metadata that Stripe would refuse is bad input`(text: String, named: String) throws {
    let pair = try #require(MetadataPair(argument: text))
    let failure = try #require(throws: CommandFailure.self) { try MetadataPair.checked([pair]) }
    #expect(failure.exit == .badInput && failure.message.contains(named), "\(failure.message)")
  }

  @Test func `there is room for 46 pairs of one's own, each once`() throws {
    let pairs = (1...47).compactMap { MetadataPair(argument: "k\($0)=\($0)=x") }
    #expect(try MetadataPair.checked(Array(pairs.prefix(46)))["k46"] == "46=x")
    #expect(throws: CommandFailure.self) { try MetadataPair.checked(pairs) }
    #expect(throws: CommandFailure.self) { try MetadataPair.checked([pairs[0], pairs[0]]) }
  }
}
