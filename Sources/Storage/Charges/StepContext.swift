package import Domain

/// What a step needs to know besides the ledger.
package struct StepContext: Sendable {
  package var now: Timestamp
  /// The policy of the charge's job, or the configuration's.
  package var policy: ChargePolicy
  /// Whether customers reach our own pages. If not, every failure mails a fresh Checkout URL.
  package var hasPublicURL: Bool
  /// The job's, or the business's.
  package var zone: ScheduleZone

  package init(now: Timestamp, policy: ChargePolicy, hasPublicURL: Bool, zone: ScheduleZone) {
    self.now = now
    self.policy = policy
    self.hasPublicURL = hasPublicURL
    self.zone = zone
  }
}
