/// What Stripe's search knows: every object as it was some time ago (docs/STRIPE.md §9).
///
/// Only what the search does not know yet stands here; everything else it sees as it is.
struct SearchIndex: Sendable, Codable {
  /// An object that has changed since the search looked.
  private struct Late: Sendable, Codable {
    /// What the search shows; null for nothing.
    var visible: JSON
    /// What it will show, oldest first, and since when that is so.
    var changes: [Change]
  }

  private struct Change: Sendable, Codable {
    var at: Int
    var object: JSON
  }

  private var late: [String: Late] = [:]

  mutating func note(_ id: String, before: JSON, after: JSON, at now: Int) {
    late[id, default: Late(visible: before, changes: [])].changes.append(Change(at: now, object: after))
  }

  /// Takes in what happened at that moment or before.
  mutating func absorb(upTo moment: Int) {
    for (id, entry) in late {
      let old = entry.changes.prefix { $0.at <= moment }
      guard let newest = old.last else { continue }
      let rest = Array(entry.changes.dropFirst(old.count))
      late[id] = rest.isEmpty ? nil : Late(visible: newest.object, changes: rest)
    }
  }

  /// The object as the search sees it; nil while it does not see it.
  ///
  /// - Parameter current: the object as it is.
  func seen(_ current: JSON) -> JSON? {
    guard let entry = late[current["id"].text ?? ""] else { return current }
    return entry.visible.isNull ? nil : entry.visible
  }
}

extension Account {
  /// Notes what the last operation changed; called before the clock moves on.
  mutating func indexChanges() {
    for (id, before) in customers.takeChanges() {
      searchIndex.note(id, before: before, after: customers[id] ?? .null, at: now)
    }
    for (id, before) in paymentIntents.takeChanges() {
      searchIndex.note(id, before: before, after: paymentIntents[id] ?? .null, at: now)
    }
  }
}
