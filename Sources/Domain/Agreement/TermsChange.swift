/// New terms for an agreement, from a date on: what `job apply` plans. Charges that are in the ledger keep theirs (law 1).
package struct TermsChange: Sendable, Hashable {
  /// Periods due on this date or later are charged by the new terms.
  package let from: CivilDate
  package let terms: Terms

  package init(from: CivilDate, terms: Terms) {
    self.from = from
    self.terms = terms
  }
}

extension Agreement {
  /// The agreement by the new terms, once no period of the old ones is left before the change; `nil` while there is one, or
  /// while it has not started.
  ///
  /// Where the interval stays as long as it was, the anchor stays as well, so that a 31st remains a 31st. Another interval
  /// counts anew from the change's date, which lies after every period charged so far: no two periods share a date. What
  /// ends after a number of periods counts those of before.
  package func taking(_ change: TermsChange) -> Agreement? {
    guard let anchor else { return nil }
    guard isAtEnd || schedule.dueDate(nextIndex, from: anchor) >= change.from else { return nil }
    var changed = self
    changed.change = nil
    changed.money = change.terms.money
    changed.description = change.terms.description
    changed.statementDescriptorSuffix = change.terms.statementDescriptorSuffix
    changed.schedule = change.terms.schedule
    if schedule.every.isAsLong(as: change.terms.schedule.every) {
      while schedule.dueDate(changed.nextIndex, from: anchor) < change.from { changed.nextIndex += 1 }
    } else {
      // What has not begun keeps the day on which it is to begin.
      changed.newAnchor = nextIndex == 0 ? max(anchor, change.from) : change.from
      changed.earlierPeriods += nextIndex
      changed.nextIndex = 0
    }
    return changed
  }
}
