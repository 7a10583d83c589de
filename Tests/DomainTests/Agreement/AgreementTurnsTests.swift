import Domain
import Testing

/// What an agreement will charge, and when: ends, skipped periods, and terms that change.
@Suite struct AgreementTurnsTests {
  private func terms(_ every: String, _ amount: Int64, end: ScheduleEnd? = nil) throws -> Terms {
    Terms(
      money: Money(amount: amount, currency: .usd), description: "Gold", statementDescriptorSuffix: nil,
      schedule: Schedule(
        every: try Interval(parsing: every), at: try LocalTime(parsing: "09:00"), zone: .utc, end: end))
  }

  private func agreement(_ terms: Terms, start: String = "2027-01-31", next: Int = 0) throws -> Agreement {
    var agreement = Agreement.new(
      id: "agr_1", state: .active, customer: "cus_1", job: "gold", terms: terms, start: try CivilDate(parsing: start),
      paymentMethod: "pm_1", key: nil, consent: "admin", createdAt: Timestamp(seconds: 0))
    agreement.nextIndex = next
    return agreement
  }

  /// `2027-01-31 1000`, at most so many.
  private func turns(_ agreement: Agreement, _ most: Int = 5) -> [String] {
    agreement.turns.prefix(most).map { "\($0.period.date) \($0.agreement.money.amount)" }
  }

  @Test func `an end by count or date leaves nothing after it`() throws {
    #expect(
      turns(try agreement(terms("1 month", 1000, end: .count(3))))
        == ["2027-01-31 1000", "2027-02-28 1000", "2027-03-31 1000"])
    let ended = try agreement(terms("1 month", 1000, end: .count(3)), next: 3)
    #expect(ended.nextDueAt == nil && ended.isFinished)
    let until = try ScheduleEnd.until(CivilDate(parsing: "2027-02-28"))
    #expect(turns(try agreement(terms("1 month", 1000, end: until))) == ["2027-01-31 1000", "2027-02-28 1000"])
  }

  @Test func `a skipped period is passed over, and the others keep their dates`() throws {
    var monthly = try agreement(terms("1 month", 1000))
    monthly.skipped = [PeriodKey("2027-02-28"), PeriodKey("2027-01-31")]
    #expect(turns(monthly, 2) == ["2027-03-31 1000", "2027-04-30 1000"])
    #expect(monthly.nextDueAt == Timestamp(rfc3339: "2027-03-31T09:00:00Z"))
  }

  @Test func `another amount keeps the day of the month, from its date on`() throws {
    var monthly = try agreement(terms("1 month", 1000))
    monthly.change = TermsChange(from: try CivilDate(parsing: "2027-03-15"), terms: try terms("1 month", 1200))
    #expect(turns(monthly, 4) == ["2027-01-31 1000", "2027-02-28 1000", "2027-03-31 1200", "2027-04-30 1200"])
    #expect(monthly.nextDueAt == Timestamp(rfc3339: "2027-01-31T09:00:00Z"))
  }

  @Test func `another interval counts anew from the date of the change`() throws {
    var monthly = try agreement(terms("1 month", 1000))
    monthly.change = TermsChange(from: try CivilDate(parsing: "2027-03-15"), terms: try terms("2 weeks", 500))
    #expect(
      turns(monthly) == ["2027-01-31 1000", "2027-02-28 1000", "2027-03-15 500", "2027-03-29 500", "2027-04-12 500"])
  }

  @Test func `a skipped period after the change is one of the new dates`() throws {
    var monthly = try agreement(terms("1 month", 1000))
    monthly.change = TermsChange(from: try CivilDate(parsing: "2027-02-10"), terms: try terms("2 weeks", 500))
    monthly.skipped = [PeriodKey("2027-02-24")]
    #expect(turns(monthly, 3) == ["2027-01-31 1000", "2027-02-10 500", "2027-03-10 500"])
  }

  @Test func `another interval makes no more periods than were agreed`() throws {
    var three = try agreement(terms("1 month", 1000, end: .count(3)), next: 2)
    three.change = TermsChange(
      from: try CivilDate(parsing: "2027-03-15"), terms: try terms("1 week", 1000, end: .count(3)))
    #expect(turns(three) == ["2027-03-15 1000"], "two of three are in the ledger")
    three.change = TermsChange(
      from: try CivilDate(parsing: "2027-03-15"), terms: try terms("1 week", 1000, end: .count(2)))
    #expect(turns(three).isEmpty)
  }

  @Test(arguments: [("12 months", "1 year"), ("1 year", "12 months"), ("1 week", "7 days")])
  func `the same length in other words keeps the day`(before: String, after: String) throws {
    var agreement = try agreement(terms(before, 1000), start: "2027-03-01", next: 1)
    let next = try #require(agreement.nextPeriod)
    agreement.change = TermsChange(from: next.date.adding(days: -3), terms: try terms(after, 1200))
    #expect(agreement.nextPeriod?.date == next.date)
  }

  @Test func `what has not begun keeps the day on which it begins`() throws {
    var later = try agreement(terms("1 month", 1000), start: "2027-05-20")
    later.change = TermsChange(from: try CivilDate(parsing: "2027-04-01"), terms: try terms("1 week", 300))
    #expect(turns(later, 2) == ["2027-05-20 300", "2027-05-27 300"])
    var waiting = later
    waiting.start = nil
    #expect(waiting.nextTurn == nil)
    waiting.start = try CivilDate(parsing: "2027-03-01")
    #expect(
      turns(waiting, 3) == ["2027-03-01 1000", "2027-04-01 300", "2027-04-08 300"], "until then by the old terms")
  }

  @Test func `a pause is passed over by whatever terms it was under`() throws {
    var paused = try agreement(terms("1 month", 1000), next: 3)
    paused.change = TermsChange(from: try CivilDate(parsing: "2027-04-10"), terms: try terms("1 day", 100))
    let resumed = paused.passing(try #require(Timestamp(rfc3339: "2027-06-15T12:00:00Z")))
    #expect(turns(resumed, 2) == ["2027-06-16 100", "2027-06-17 100"])
  }

  @Test func `an agreement that has not started has no dates`() throws {
    var waiting = try agreement(terms("1 month", 1000))
    waiting.start = nil
    #expect(waiting.nextPeriod == nil && waiting.nextDueAt == nil && !waiting.isFinished)
    waiting.start = try CivilDate(parsing: "2027-01-31")
    waiting.state = .paused
    #expect(waiting.nextDueAt == nil && waiting.nextPeriod != nil)
  }
}
