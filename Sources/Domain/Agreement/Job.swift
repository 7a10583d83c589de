/// A recurring charge as its file `jobs/NAME.toml` describes it. It shapes new agreements only.
package struct Job: Sendable, Hashable {
  /// What to do with periods that were missed and are younger than `catch_up`.
  package enum Missed: String, Sendable, CaseIterable {
    /// One in each tick, oldest first.
    case oneByOne = "one_by_one"
    /// Only the newest; the older ones are held.
    case latest
    case all
  }

  package let name: String
  package let description: String
  package let money: Money
  package let statementDescriptorSuffix: String?
  package let schedule: Schedule
  package let missed: Missed
  package let policy: ChargePolicy

  package init(
    name: String, description: String, money: Money, statementDescriptorSuffix: String?, schedule: Schedule,
    missed: Missed, policy: ChargePolicy
  ) {
    self.name = name
    self.description = description
    self.money = money
    self.statementDescriptorSuffix = statementDescriptorSuffix
    self.schedule = schedule
    self.missed = missed
    self.policy = policy
  }
}
