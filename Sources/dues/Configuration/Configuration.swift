import Domain

/// What `config.toml` says, checked and with defaults filled in. Read once, at start.
///
/// ```swift
/// let path = try ConfigurationLocation.find(option: options.config, environment: environment)
/// let configuration = try Configuration.load(path: path, environment: environment)
/// ```
///
/// Relative paths in it are already resolved against the file.
struct Configuration: Sendable, Equatable {
  /// What may happen, decided by the key alone.
  enum Mode: String, Sendable {
    /// No key: nothing charges.
    case none
    case test
    case live
  }

  /// The file, as it was named.
  let file: String
  let business: Business
  let stripe: Stripe
  let store: Store
  let server: Server
  let mail: Mail
  /// What jobs start from; see ``JobFiles``.
  let policy: ChargePolicy
  let notices: Notices
  let `operator`: Operator
  let fulfillment: Fulfillment
  let limits: Limits
  let paths: Paths
  /// Allowed, but hardly meant; for `dues check`.
  let warnings: [ConfigurationProblem]

  var mode: Mode { stripe.mode }
  var retry: RetryPolicy { policy.retry }
  var recovery: RecoveryPolicy { policy.recovery }
}
