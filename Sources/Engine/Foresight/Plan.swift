package import Domain
package import Storage

/// A charge that will be sent if nothing fails, is paused or changed until then.
package struct PlannedCharge: Sendable, Hashable {
  /// `nil`: not in the ledger yet.
  package let charge: ChargeID?
  package let agreement: AgreementID?
  package let job: String?
  package let customer: CustomerID
  package let money: Money
  package let description: String
  package let dueAt: Timestamp
  package let isRetry: Bool
}

/// What would be charged until a moment, in the order of time, without doing it.
///
/// Walks the agreements' own schedules and what the ledger holds, merged by time: a year over 100,000 agreements is
/// computed as it is read. Memory grows with the agreements that are due by then, not with their periods.
package struct Plan: Sequence {
  private let ledger: Ledger
  private let now: Timestamp
  private let until: Timestamp
  private let catchUp: Duration
  private let usableJobs: Set<String>

  /// - Parameter usableJobs: the agreements and charges of other jobs wait until their file is mended.
  package init(_ ledger: Ledger, now: Timestamp, until: Timestamp, catchUp: Duration, usableJobs: Set<String>) {
    self.ledger = ledger
    self.now = now
    self.until = until
    self.catchUp = catchUp
    self.usableJobs = usableJobs
  }

  /// Older than `limits.catch_up`: held by the next tick, and so not in the plan.
  private func isTooOld(_ dueAt: Timestamp) -> Bool { now - dueAt > catchUp }

  package func makeIterator() -> AnyIterator<Result<PlannedCharge, any Error>> {
    var queue: TimeQueue<Source>
    do {
      queue = try sources()
    } catch {
      var told = false
      return AnyIterator {
        defer { told = true }
        return told ? nil : .failure(error)
      }
    }
    return AnyIterator {
      while var source = queue.popFirst() {
        guard let planned = source.current else { continue }
        do {
          try source.advance(ledger, until: until)
        } catch {
          return .failure(error)
        }
        if source.current != nil { queue.insert(source) }
        if !planned.isRetry, isTooOld(planned.dueAt) { continue }
        if let job = planned.job, !usableJobs.contains(job) { continue }
        return .success(planned)
      }
      return nil
    }
  }

  private func sources() throws -> TimeQueue<Source> {
    var queue = TimeQueue<Source>()
    for kind in [Source.Stored.scheduled, .retries] {
      var stored = Source.stored(kind, page: [], last: nil)
      try stored.advance(ledger, until: until)
      if stored.current != nil { queue.insert(stored) }
    }
    var after: (dueAt: Timestamp, id: AgreementID)?
    while true {
      let page = try ledger.agreementsDue(by: until, after: after, limit: 1000)
      for agreement in page {
        var source = Source.agreement(agreement.turns, current: nil)
        try source.advance(ledger, until: until)
        if source.current != nil { queue.insert(source) }
      }
      guard let last = page.last, let dueAt = last.nextDueAt, page.count == 1000 else { return queue }
      after = (dueAt, last.id)
    }
  }
}

/// One row of planned charges in the order of time.
private enum Source {
  enum Stored { case scheduled, retries }

  case agreement(AgreementTurns, current: PlannedCharge?)
  /// A page of what the ledger holds, the next one last.
  case stored(Stored, page: [PlannedCharge], last: PlannedCharge?)

  var current: PlannedCharge? {
    switch self {
    case .agreement(_, let current): current
    case .stored(_, let page, _): page.last
    }
  }

  mutating func advance(_ ledger: Ledger, until: Timestamp) throws {
    switch self {
    case .agreement(var turns, _):
      let turn = turns.next()
      self = .agreement(turns, current: turn.flatMap { $0.period.dueAt <= until ? PlannedCharge($0) : nil })
    case .stored(let kind, var page, var last):
      last = page.popLast() ?? last
      if page.isEmpty {
        let after = last.flatMap { last in last.charge.map { (at: last.dueAt, id: $0) } }
        page =
          switch kind {
          case .scheduled:
            try ledger.chargesScheduled(until: until, after: after, limit: 500).map { PlannedCharge($0, at: $0.dueAt) }
          case .retries:
            try ledger.retriesPlanned(until: until, after: after, limit: 500).map {
              PlannedCharge($0.charge, at: $0.at)
            }
          }
        page.reverse()
      }
      self = .stored(kind, page: page, last: last)
    }
  }
}

extension Source: TimedItem {
  var time: Timestamp { current?.dueAt ?? Timestamp(milliseconds: .max) }
}

extension PlannedCharge {
  fileprivate init(_ turn: (period: Period, agreement: Agreement)) {
    self.init(
      charge: nil, agreement: turn.agreement.id, job: turn.agreement.job, customer: turn.agreement.customer,
      money: turn.agreement.money, description: turn.agreement.description, dueAt: turn.period.dueAt, isRetry: false)
  }

  fileprivate init(_ charge: Charge, at time: Timestamp) {
    self.init(
      charge: charge.id, agreement: charge.origin.agreement, job: charge.origin.job, customer: charge.customer,
      money: charge.money, description: charge.description, dueAt: time, isRetry: charge.state == .recovering)
  }
}
