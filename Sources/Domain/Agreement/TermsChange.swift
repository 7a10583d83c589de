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
  /// The agreement once no period of the old terms is left before the change; `nil` while there is one.
  ///
  /// Where the interval stays, the anchor stays as well, so that a 31st remains a 31st. Another interval counts anew from
  /// the change's date, which lies after every period charged so far: no two periods share a date.
  package func taking(_ change: TermsChange) -> Agreement? {
    var changed = self
    changed.change = nil
    changed.money = change.terms.money
    changed.description = change.terms.description
    changed.statementDescriptorSuffix = change.terms.statementDescriptorSuffix
    guard let start else {
      changed.schedule = change.terms.schedule
      return changed
    }
    guard isAtEnd || schedule.dueDate(nextIndex, from: start) >= change.from else { return nil }
    changed.schedule = change.terms.schedule
    if schedule.every == change.terms.schedule.every {
      while schedule.dueDate(changed.nextIndex, from: start) < change.from { changed.nextIndex += 1 }
    } else {
      changed.start = change.from
      changed.nextIndex = 0
    }
    return changed
  }
}
