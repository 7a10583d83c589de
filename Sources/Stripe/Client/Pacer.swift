import Foundation

/// Keeps requests to Stripe's rates: never faster than allowed, overall and for one endpoint, in any sliding second.
///
/// Each request takes the first free moment that is far enough from its neighbors, and waits for it. Requests of one
/// endpoint go in the order they came; a long queue at one endpoint does not hold up the others.
package actor Pacer {
  package typealias Sleep = @Sendable (Duration) async throws -> Void

  /// What the requests of one second are spread over, in microseconds: 3 % more than a second.
  ///
  /// Scheduling and the way to Stripe delay each request differently. Spread over exactly a second, the least difference
  /// puts one too many into some second at Stripe, which is a 429. So two may differ by 30 ms, for 3 % of the rate.
  private static let spread_us: Int64 = 1_030_000

  /// Between two requests, in microseconds.
  private let interval_us: Int64
  private let endpointInterval_us: Int64
  private let now: @Sendable () -> Duration
  private let sleep: Sleep
  /// Moments given away, ascending, from about now on.
  private var taken_us: [Int64] = []
  /// The first moment that an endpoint may have again.
  private var free_us: [String: Int64] = [:]

  /// - Parameter now: On a clock that never goes back, since any moment; counted in whole microseconds.
  package init(
    requestsPerSecond: Int, requestsPerSecondPerEndpoint: Int, now: @escaping @Sendable () -> Duration,
    sleep: @escaping Sleep
  ) {
    precondition(requestsPerSecond > 0 && requestsPerSecondPerEndpoint > 0, "a rate of nothing a second")
    interval_us = Self.interval(requestsPerSecond)
    endpointInterval_us = Self.interval(requestsPerSecondPerEndpoint)
    self.now = now
    self.sleep = sleep
  }

  /// Returns when the request may go; throws what `sleep` throws when the waiting is canceled.
  package func admit(_ endpoint: String) async throws {
    let now = Self.microseconds(self.now())
    let slot = take(endpoint, now: now)
    if slot > now { try await sleep(.microseconds(slot - now)) }
  }

  /// Rounded up: 15 a second are 68,667 µs apart.
  private static func interval(_ rate: Int) -> Int64 { (spread_us + Int64(rate) - 1) / Int64(rate) }

  private static func microseconds(_ duration: Duration) -> Int64 {
    duration.components.seconds * 1_000_000 + duration.components.attoseconds / 1_000_000_000_000
  }

  private func take(_ endpoint: String, now: Int64) -> Int64 {
    let past = taken_us.firstIndex { $0 > now - interval_us } ?? taken_us.endIndex
    taken_us.removeSubrange(..<past)
    if free_us.count > 64 { free_us = free_us.filter { $0.value > now } }

    var slot = max(now, free_us[endpoint] ?? now)
    var place = 0
    while place < taken_us.count, taken_us[place] < slot + interval_us {
      slot = max(slot, taken_us[place] + interval_us)
      place += 1
    }
    taken_us.insert(slot, at: place)
    free_us[endpoint] = slot + endpointInterval_us
    return slot
  }
}
