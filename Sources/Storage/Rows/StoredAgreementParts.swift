import Domain
import Foundation

/// The periods that a person has taken out of an agreement, as a column of `agreements`.
enum StoredPeriods {
  static func read(_ text: String) throws -> Set<PeriodKey> {
    Set(try JSONDecoder().decode([String].self, from: Data(text.utf8)).map { PeriodKey($0) })
  }

  static func text(_ periods: Set<PeriodKey>) throws -> String {
    String(decoding: try JSONEncoder().encode(periods.map(\.text).sorted()), as: UTF8.self)
  }
}

/// Terms that are planned, as a column of `agreements`.
struct StoredChange: Codable {
  let from: String
  let amount: Int64
  let currency: String
  let description: String
  let suffix: String?
  let every: String
  let at: String
  let zone: String
  let ends: String?

  private init(_ change: TermsChange) {
    from = "\(change.from)"
    amount = change.terms.money.amount
    currency = change.terms.money.currency.code
    description = change.terms.description
    suffix = change.terms.statementDescriptorSuffix
    every = "\(change.terms.schedule.every)"
    at = "\(change.terms.schedule.at)"
    zone = change.terms.schedule.zone.identifier
    ends = change.terms.schedule.end.map { "\($0)" }
  }

  static func text(_ change: TermsChange) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(StoredChange(change)), as: UTF8.self)
  }

  static func read(_ text: String) throws -> TermsChange {
    let stored = try JSONDecoder().decode(StoredChange.self, from: Data(text.utf8))
    let schedule = Schedule(
      every: try Interval(parsing: stored.every), at: try LocalTime(parsing: stored.at),
      zone: try ScheduleZone(identifier: stored.zone), end: stored.ends.flatMap { ScheduleEnd(parsing: $0) })
    return TermsChange(
      from: try CivilDate(parsing: stored.from),
      terms: Terms(
        money: Money(amount: stored.amount, currency: try Currency(code: stored.currency)),
        description: stored.description, statementDescriptorSuffix: stored.suffix, schedule: schedule))
  }
}
