import Domain
import Foundation
import Logging
import Storage

/// The schedule pass: asks each agreement that has something due for its periods, and inserts their charges, those of many
/// agreements in one commit.
extension Engine {
  private static let failuresThatStop = 20
  /// Charges in one commit, about.
  private static let mostAtOnce = 500

  func schedule(_ report: inout TickReport) throws {
    try sayBrokenJobs()
    let moved = try ledger.followZoneRules(TimeZone.timeZoneDataVersion, at: now)
    if moved > 0 { logger.notice("zones have other rules now", metadata: ["agreements": "\(moved)"]) }
    var after: (dueAt: Timestamp, id: AgreementID)?
    var failuresInARow = 0
    while true {
      let page = try ledger.agreementsDue(by: now, after: after, limit: 500)
      var due: [DueTurns] = []
      for agreement in page {
        guard case .good(let job) = settings.jobs[agreement.job] else { continue }
        due.append(agreement.due(at: now, catchUp: settings.catchUp, missed: job.missed, ledger: ledger.id))
        // However far an anchor lies back, others get their turn to write.
        if due.reduce(0, { $0 + $1.charges.count }) >= Self.mostAtOnce {
          try insert(due, &report, &failuresInARow)
          due = []
        }
      }
      try insert(due, &report, &failuresInARow)
      guard let last = page.last, let dueAt = last.nextDueAt, page.count == 500 else { return }
      after = (dueAt, last.id)
    }
  }

  /// Together; if that is not possible, each in a commit of its own: one that cannot be scheduled does not stand before the
  /// others. Where none can, something else is wrong.
  private func insert(_ due: [DueTurns], _ report: inout TickReport, _ failuresInARow: inout Int) throws {
    guard !due.isEmpty else { return }
    do {
      report.take(try ledger.insert(due, at: now), of: due)
      failuresInARow = 0
      return
    } catch {
      logger.warning(
        "periods could not be inserted together", metadata: ["count": "\(due.count)", "reason": "\(error)"])
    }
    for turns in due {
      do {
        report.take(try ledger.insert([turns], at: now), of: [turns])
        failuresInARow = 0
      } catch {
        failuresInARow += 1
        guard failuresInARow < Self.failuresThatStop else { throw error }
        report.errors += 1
        logger.error(
          "an agreement could not be scheduled; the next tick tries again",
          metadata: ["agreement": "\(turns.agreement.id)", "reason": "\(error)"])
      }
    }
  }

  /// A bad job file holds its own agreements, and says so; the others are charged.
  private func sayBrokenJobs() throws {
    for (name, state) in settings.jobs.sorted(by: { $0.key < $1.key }) {
      switch state {
      case .good: try ledger.clear(.badJob, name, at: now)
      case .broken(let why): try ledger.raise(.badJob, name, advice: why, at: now)
      }
    }
    for name in try ledger.standing(.badJob) where settings.jobs[name] == nil {
      if try !ledger.isJobInUse(name) { try ledger.clear(.badJob, name, at: now) }
    }
    for name in try ledger.jobsOfDueAgreements(by: now) where settings.jobs[name] == nil {
      try ledger.raise(
        .badJob, name, advice: "jobs/\(name).toml is gone, and agreements are due by it; put it back", at: now)
    }
  }
}

extension TickReport {
  fileprivate mutating func take(_ inserted: Int, of due: [DueTurns]) {
    planned += inserted
    for turns in due { held += turns.charges.count { $0.state == .held } }
  }
}

extension Agreement {
  /// Missed periods older than `catchUp` become held charges; of the younger, as many as `missed` allows in one tick.
  func due(at now: Timestamp, catchUp: Duration, missed: Job.Missed, ledger: LedgerID) -> DueTurns {
    var result = DueTurns(of: self)
    // Lazily: of an anchor long ago no more is computed than one step takes.
    let turns = Array(turns.lazy.prefix(while: { $0.period.dueAt <= now }).prefix(Self.mostAtOnce))
    let young = turns.filter { now - $0.period.dueAt <= catchUp }.map(\.period)
    for turn in turns {
      let period = turn.period
      let isOld = now - period.dueAt > catchUp
      var held: HeldReason? = isOld ? .olderThanCatchUp : nil
      if !isOld {
        switch missed {
        case .all: break
        case .oneByOne where period != young.first: return result
        case .oneByOne: break
        case .latest: held = period == young.last ? nil : .olderThanCatchUp
        }
      }
      result.charges.append(turn.agreement.charge(of: period, held: held, ledger: ledger))
      result.after = result.after.after(turn)
    }
    return result
  }

  /// A bound on one step; the next tick goes on.
  private static let mostAtOnce = 500

  private func charge(of period: Period, held: HeldReason?, ledger: LedgerID) -> Charge {
    .new(
      id: ledger.charge(of: id, period: period.key), customer: customer, money: money, description: description,
      statementDescriptorSuffix: statementDescriptorSuffix, origin: .period(id, period.key, job: job),
      dueAt: period.dueAt, paymentMethod: paymentMethod, heldReason: held, metadata: [:])
  }
}
