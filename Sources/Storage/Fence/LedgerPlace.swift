/// Where a ledger lives, by which it is told from a copy of itself.
package struct LedgerPlace: Sendable, Hashable {
  /// The operator's own name for it (`store.instance`): whoever has it may move. `nil`: machine and path count.
  package let instance: String?
  /// Machine and path, as one text.
  package let location: String

  package init(instance: String?, location: String) {
    self.instance = instance
    self.location = location
  }

  /// Whether a ledger that was last seen at another place has only moved, or was renamed where it is.
  func isHome(instance known: String?, location last: String?) -> Bool {
    // Never seen anywhere: made just now, or by a version that did not look.
    guard let last else { return true }
    if last == location { return true }
    return instance != nil && instance == known
  }
}
