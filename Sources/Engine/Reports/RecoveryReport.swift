package import Domain
package import Storage

/// What was charged, what failed, how it came back and what was lost. The definitions are fixed, so that two months can be
/// compared; ``definition`` is printed with every report.
///
/// - **Cohort**: the charges whose first try failed in the month (business's zone), also those that had nothing to charge.
/// - **Denominator**: their money. What a customer would have paid at a later try counts once, in the month of its failure.
/// - **Closed** 30 days after each failure: money that came by then is recovered, all other of a closed charge is lost.
/// - **Open**: failed less than 30 days ago and still owed.
package struct RecoveryReport: Sendable, Equatable {
  /// How a failed charge ended.
  package enum End: String, Sendable, CaseIterable, Encodable {
    /// A retry with the same method, which the customer need not have noticed.
    case silentRetry = "silent_retry"
    /// The customer paid through the link.
    case link
    /// The bank had wanted the customer, who then confirmed.
    case authentication
    /// A retry with a method that was new or renewed.
    case updatedCard = "updated_card"
    /// A person recorded it (`charge settle`), or the merchant took it in another way.
    case outside
    case lost
    case open
  }

  package struct Sum: Sendable, Equatable {
    package var count = 0
    package var amount: Int64 = 0

    package init() {}

    package init(count: Int, amount: Int64) {
      self.count = count
      self.amount = amount
    }

    mutating func add(_ money: Money) {
      count += 1
      amount += money.amount
    }
  }

  /// One line: a month, job or decline, in one currency.
  package struct Row: Sendable, Equatable {
    package let group: String
    package let currency: Currency
    package fileprivate(set) var ends: [End: Sum] = [:]

    package var failed: Sum {
      ends.values.reduce(into: Sum()) { $0 = Sum(count: $0.count + $1.count, amount: $0.amount + $1.amount) }
    }
    /// Money back of money failed, in thousandths, where the cohort is closed; `nil` while some of it is open.
    package var recoveredPerMille: Int64? {
      guard ends[.open] == nil, failed.amount > 0 else { return nil }
      return (failed.amount - (ends[.lost]?.amount ?? 0)) * 1000 / failed.amount
    }
  }

  package private(set) var months: [Row] = []
  package private(set) var jobs: [Row] = []
  package private(set) var declines: [Row] = []
  package let firstTime: [FirstTimePaid]
  package let givenBack: [Money]
  /// Codes that the table of declines does not know: they had the safe default.
  package private(set) var unknownCodes: [String: Int] = [:]

  package static let closesAfter = Duration.days(30)

  package static let definition = """
    A charge belongs to the month in which its first try failed. Of its money, recovered is what came within 30 days \
    of that failure: by a silent retry, through the link, after the bank's authentication, by a retry with a new or \
    renewed card, or outside; lost is what had not come by then. Open: less than 30 days ago, and still owed. A rate \
    is money recovered of money failed, once nothing is open.
    """

  /// Reads a window; the cost follows what failed and was paid in it.
  package init(_ ledger: Ledger, from: Timestamp, before end: Timestamp, zone: ScheduleZone, now: Timestamp) throws {
    firstTime = try ledger.paidAtFirstTry(from: from, before: end)
    givenBack = try ledger.givenBack(from: from, before: end)
    var tables = (months: Grouping(), jobs: Grouping(), declines: Grouping())
    var after: (at: Timestamp, row: Int64)?
    while true {
      let page = try ledger.failedCharges(from: from, before: end, after: after, limit: 1000)
      for (_, charge) in page {
        let end = Self.end(of: charge, now: now)
        tables.months.add(charge, end, to: String("\(zone.date(at: charge.failedAt))".prefix(7)))
        tables.jobs.add(charge, end, to: charge.job ?? "one-offs")
        tables.declines.add(charge, end, to: charge.decline ?? "no_method")
        if let code = charge.decline, DeclineTable.verdict(of: code) == nil { unknownCodes[code, default: 0] += 1 }
      }
      guard let last = page.last, page.count == 1000 else { break }
      after = (last.charge.failedAt, last.row)
    }
    (months, jobs, declines) = (tables.months.rows, tables.jobs.rows, tables.declines.rows)
  }

  static func end(of charge: FailedCharge, now: Timestamp) -> End {
    let closes = charge.failedAt + closesAfter
    guard charge.state == .paid, let paidAt = charge.paidAt, paidAt <= closes else {
      let isOver = now > closes || charge.state == .uncollectible || charge.state == .canceled
      return isOver ? .lost : .open
    }
    switch charge.paidBy {
    case .outside: return .outside
    case .checkout, .onSession: return charge.wantedCustomer ? .authentication : .link
    case .offSession, nil: return charge.methodChanged ? .updatedCard : .silentRetry
    }
  }
}

/// Rows by group and currency.
private struct Grouping {
  private struct Key: Hashable, Comparable {
    let group: String
    let currency: String

    static func < (a: Key, b: Key) -> Bool { (a.group, a.currency) < (b.group, b.currency) }
  }

  private var all: [Key: RecoveryReport.Row] = [:]

  mutating func add(_ charge: FailedCharge, _ end: RecoveryReport.End, to group: String) {
    let key = Key(group: group, currency: charge.money.currency.code)
    all[key, default: RecoveryReport.Row(group: group, currency: charge.money.currency)].ends[end, default: .init()]
      .add(charge.money)
  }

  var rows: [RecoveryReport.Row] { all.sorted { $0.key < $1.key }.map(\.value) }
}
