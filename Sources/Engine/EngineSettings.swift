package import Domain
package import Stripe

/// What the operator has chosen, as far as the engine needs it.
package struct EngineSettings: Sendable {
  /// What the file of a job came to.
  package enum JobState: Sendable {
    case good(Job)
    /// Its agreements wait, and `status` says why.
    case broken(String)
  }

  package var jobs: [String: JobState]
  package var policy: ChargePolicy
  package var methods: PaymentMethodTypes
  /// Where customers who reach our pages pay.
  package var checkoutUI: CheckoutUI
  package var maxInFlight: Int
  package var catchUp: Duration
  package var notices: NoticeTiming
  /// Who is told that something needs a person; `nil`: nobody but `status`.
  package var alertEmail: String?
  package var maxCharge: [Currency: Int64]
  package var maxTickTotal: [Currency: Int64]
  /// Declined of a thousand attempts in a tick that stop it; `nil`: off.
  package var stopAtDeclinesPerMille: Int?
  /// Where Checkout returns to when no page of ours is reachable.
  package var website: String?
  package var locale: String
  /// Whether the key is a live one.
  package var isLive: Bool
  /// Tells one key from another, and says nothing else about it.
  package var keyDigest: String
  package var zone: ScheduleZone

  package init(
    jobs: [String: JobState], policy: ChargePolicy, methods: PaymentMethodTypes, checkoutUI: CheckoutUI,
    maxInFlight: Int, catchUp: Duration, notices: NoticeTiming, alertEmail: String?,
    maxCharge: [Currency: Int64], maxTickTotal: [Currency: Int64],
    stopAtDeclinesPerMille: Int?, website: String?,
    locale: String, isLive: Bool, keyDigest: String, zone: ScheduleZone
  ) {
    self.jobs = jobs
    self.policy = policy
    self.methods = methods
    self.checkoutUI = checkoutUI
    self.maxInFlight = maxInFlight
    self.catchUp = catchUp
    self.notices = notices
    self.alertEmail = alertEmail
    self.maxCharge = maxCharge
    self.maxTickTotal = maxTickTotal
    self.stopAtDeclinesPerMille = stopAtDeclinesPerMille
    self.website = website
    self.locale = locale
    self.isLive = isLive
    self.keyDigest = keyDigest
    self.zone = zone
  }

  /// The policy of a job; of a one-off, or of a job whose file is gone or broken, the configuration's.
  package func policy(of job: String?) -> ChargePolicy {
    guard let job, case .good(let good) = jobs[job] else { return policy }
    return good.policy
  }

  /// In which a job's dates are told; of a one-off, or of a job whose file is gone or broken, the business's.
  package func zone(of job: String?) -> ScheduleZone {
    guard let job, case .good(let good) = jobs[job] else { return zone }
    return good.schedule.zone
  }

  /// What a job's file says now; `nil` if it is gone or broken.
  func terms(of job: String) -> Terms? {
    guard case .good(let good)? = jobs[job] else { return nil }
    return good.terms
  }

  var usableJobs: Set<String> {
    Set(
      jobs.compactMap { name, state in
        guard case .good = state else { return nil }
        return name
      })
  }

  /// Jobs that may charge an agreement more than once in a tick.
  var manyPerTick: Set<String> {
    Set(
      jobs.compactMap { name, state in
        guard case .good(let job) = state, job.missed == .all else { return nil }
        return name
      })
  }
}
