/// What a customer agrees to: how much, for what and how often. Frozen when a setup session is asked for, so that a later
/// edit of the job's file does not change what was shown.
package struct Terms: Sendable, Hashable {
  package let money: Money
  package let description: String
  package let statementDescriptorSuffix: String?
  package let schedule: Schedule

  package init(money: Money, description: String, statementDescriptorSuffix: String?, schedule: Schedule) {
    self.money = money
    self.description = description
    self.statementDescriptorSuffix = statementDescriptorSuffix
    self.schedule = schedule
  }
}

extension Job {
  package var terms: Terms {
    Terms(
      money: money, description: description, statementDescriptorSuffix: statementDescriptorSuffix, schedule: schedule)
  }
}

extension Agreement {
  package var terms: Terms {
    Terms(
      money: money, description: description, statementDescriptorSuffix: statementDescriptorSuffix, schedule: schedule)
  }

  /// Those of its next period, which a planned change may have made others: what a customer is shown, and agrees to.
  ///
  /// - Parameter moment: one that has not begun and has no day yet begins on the day of this moment.
  package func termsAhead(at moment: Timestamp) -> Terms {
    var begun = self
    begun.start = start ?? schedule.zone.date(at: moment)
    return begun.nextTurn?.agreement.terms ?? terms
  }
}
