import Foundation
import Stripe
import Testing

struct PacerTests {
  /// When each of `count` requests went, on a clock that stands still while requests queue up.
  private func departures(of endpoints: [String], rate: Int, perEndpoint: Int) async throws -> [(String, Int64)] {
    // The clock stays at 0: the length of each sleep is the moment of departure, in microseconds.
    let naps = Naps()
    let pacer = Pacer(
      requestsPerSecond: rate, requestsPerSecondPerEndpoint: perEndpoint, now: { 0 }, sleep: { naps.add($0) })
    var all: [(String, Int64)] = []
    for endpoint in endpoints {
      try await pacer.admit(endpoint)
      all.append((endpoint, naps.take()))
    }
    return all
  }

  private final class Naps: Sendable {
    private let lock = NSLock()
    /// Touched only while `lock` is held.
    nonisolated(unsafe) private var last: Int64 = 0
    func add(_ duration: Duration) {
      let parts = duration.components
      lock.withLock { last = parts.seconds * 1_000_000 + parts.attoseconds / 1_000_000_000_000 }
    }
    func take() -> Int64 {
      lock.withLock {
        defer { last = 0 }
        return last
      }
    }
  }

  private func mostInOneSecond(_ moments: [Int64]) -> Int {
    let sorted = moments.sorted()
    return sorted.map { start in sorted.count { $0 >= start && $0 < start + 1_000_000 } }.max() ?? 0
  }

  @Test(arguments: [(40, 15), (15, 15), (8, 8), (100, 25), (7, 3), (1, 1)])
  func `no sliding second has more than the rate, overall or at one endpoint`(rate: Int, perEndpoint: Int) async throws
  {
    let endpoints = (0..<300).map { ["a", "a", "a", "b", "c"][$0 % 5] }
    let all = try await departures(of: endpoints, rate: rate, perEndpoint: perEndpoint)
    #expect(mostInOneSecond(all.map(\.1)) <= rate)
    for endpoint in ["a", "b", "c"] {
      let moments = all.filter { $0.0 == endpoint }.map(\.1)
      #expect(mostInOneSecond(moments) <= perEndpoint)
      #expect(moments == moments.sorted(), "in the order they came")
    }
  }

  @Test func `the permitted rate is used up`() async throws {
    let all = try await departures(of: Array(repeating: "a", count: 151), rate: 40, perEndpoint: 15)
    let last = try #require(all.last).1
    #expect(last >= 10_000_000 && last < 10_010_000)
  }

  @Test func `a queue at one endpoint does not hold up another`() async throws {
    let all = try await departures(of: Array(repeating: "a", count: 60) + ["b"], rate: 40, perEndpoint: 15)
    let last = try #require(all.last).1
    #expect(last < 100_000)
  }

  @Test func `after a rest the first goes at once and the next does not burst`() async throws {
    let clock = SteppedClock()
    let pacer = Pacer(
      requestsPerSecond: 10, requestsPerSecondPerEndpoint: 10, now: { clock.milliseconds() },
      sleep: { clock.sleep($0) })
    try await pacer.admit("a")
    #expect(clock.pauses == [])
    clock.advance(.seconds(60))
    try await pacer.admit("a")
    #expect(clock.pauses == [])
    try await pacer.admit("a")
    try await pacer.admit("a")
    #expect(clock.pauses == [.milliseconds(100), .milliseconds(100)])
  }
}
