import Domain
import Storage

/// `dues status` for a person.
struct StatusSheet {
  let status: LedgerStatus

  var lines: [String] {
    var sheet = FactSheet()
    for state in ChargeState.allCases {
      if let count = status.charges[state], count > 0 { sheet.add(state.rawValue, String(count)) }
    }
    let since = status.oldestDue.map { ", the oldest since \($0)" } ?? ""
    sheet.add("overdue", "\(status.overdue)\(since)")
    sheet.add("last tick", status.lastTickAt?.description ?? "never")
    sheet.add("fenced", status.fencedBecause)
    guard !status.matters.isEmpty else { return sheet.lines + ["", "Nothing needs a human."] }
    let matters = status.matters.flatMap { matter in
      """
      \(matter.kind.rawValue) \(matter.subject), since \(matter.since): \(matter.advice)
      """.wrapped(indent: 2, first: "- ")
    }
    return sheet.lines + ["", "Needs a human:"] + matters
  }
}

/// The document of `status --json`.
struct StatusText: Encodable {
  let status: LedgerStatus

  init(_ status: LedgerStatus) { self.status = status }

  enum Key: String, CodingKey {
    case charges, overdue, held, unresolved, lastTickAt = "last_tick_at", fenced, needsHuman = "needs_human"
  }

  func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    let counts = ChargeState.allCases.map { ($0.rawValue, status.charges[$0] ?? 0) }
    try object.encode(Dictionary(uniqueKeysWithValues: counts), forKey: .charges)
    try object.encode(status.overdue, forKey: .overdue)
    try object.encode(status.charges[.held] ?? 0, forKey: .held)
    try object.encode(status.charges[.unresolved] ?? 0, forKey: .unresolved)
    try object.encode(status.lastTickAt?.description, forKey: .lastTickAt)
    try object.encode(status.fencedBecause != nil, forKey: .fenced)
    try object.encode(status.matters.map(MatterText.init), forKey: .needsHuman)
  }
}

private struct MatterText: Encodable {
  let matter: Matter
  enum Key: String, CodingKey { case what, charge, advice }

  init(_ matter: Matter) { self.matter = matter }

  /// What is not about a charge names its subject in the advice.
  func encode(to encoder: any Encoder) throws {
    let isCharge = matter.subject.hasPrefix("chg_")
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(matter.kind.rawValue, forKey: .what)
    try object.encode(isCharge ? matter.subject : nil, forKey: .charge)
    try object.encode(isCharge ? matter.advice : "\(matter.subject): \(matter.advice)", forKey: .advice)
  }
}
