import Domain
import Engine
import Foundation
import HTTPTypes
import Hummingbird
import Storage
import Templates

/// `POST /r/TOKEN/day`: the customer chooses the day on which their card is tried again, once.
extension PublicSite {
  func chooseDay(_ id: ChargeID, _ body: Data, _ visit: Visit) throws -> Response {
    guard let charge = try engine.ledger.charge(id) else { return page(.notFound, .notFound, visit.languages) }
    // Whatever was sent, the page says what is true now: the day that was chosen, or the choice once more.
    if let day = Self.day(in: body) {
      let moment = engine.zone(of: charge).instant(of: day, at: .noon)
      _ = try engine.ledger.chooseRetry(of: id, at: moment, now: engine.now)
    }
    return .seeOther(engine.links.path(.recovery(id)))
  }

  /// The card is tried at noon of the day, by the job's zone. `nil`: there is no day to choose.
  func dayChoice(of charge: Charge, now: Timestamp) throws -> DayChoice? {
    guard let choice = try engine.ledger.retryChoice(of: charge.id, at: now) else { return nil }
    let zone = engine.zone(of: charge)
    func noon(_ day: CivilDate) -> Timestamp { zone.instant(of: day, at: .noon) }
    var first = zone.date(at: choice.earliest)
    if noon(first) < choice.earliest { first = first.adding(days: 1) }
    var last = zone.date(at: choice.deadline)
    if noon(last) >= choice.deadline { last = last.adding(days: -1) }
    guard first < last else { return nil }
    return DayChoice(url: engine.links.path(.day(charge.id)), first: first, last: last)
  }

  /// A form's one field, as browsers write a date.
  private static func day(in body: Data) -> CivilDate? {
    guard let match = String(decoding: body, as: UTF8.self).wholeMatch(of: /day=(\d{4}-\d{2}-\d{2})/) else {
      return nil
    }
    do {
      return try CivilDate(parsing: String(match.output.1))
    } catch {
      return nil
    }
  }
}
