import Foundation
import Stripe
import Testing

struct PacerTests {
  /// When each of `count` requests went, on a clock that stands still while requests queue up.
  private func departures(of endpoints: [String], rate: Int, perEndpoint: Int) async throws -> [(String, Int64)] {
    // The clock stays at 0: the length of each sleep is the moment of departure, in microseconds.
    let naps = Naps()
    let pacer = Pacer(
      requestsPerSecond: rate, requestsPerSecondPerEndpoint: perEndpoint, now: { .zero }, sleep: { naps.add($0) })
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

  static let rates = [(40, 15), (15, 15), (20, 20), (8, 8), (100, 25), (7, 3), (1, 1)]

  @Test(arguments: rates)
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

  @Test(arguments: rates)
  func `also where they arrive, if some take up to 30 ms longer on the way`(rate: Int, perEndpoint: Int) async throws {
    let endpoints = Array(repeating: "a", count: 300)
    let all = try await departures(of: endpoints, rate: rate, perEndpoint: perEndpoint).map(\.1)
    for late in 0..<7 {
      let arrivals = all.indices.map { all[$0] + ($0 % 7 == late ? 30_000 : 0) }
      #expect(mostInOneSecond(arrivals) <= perEndpoint)
    }
  }

  @Test func `of the permitted rate all but 3 % is used`() async throws {
    let all = try await departures(of: Array(repeating: "a", count: 151), rate: 40, perEndpoint: 15)
    let last = try #require(all.last).1
    #expect(last >= 10_300_000 && last < 10_301_000)
  }

  @Test func `a queue at one endpoint does not hold up another`() async throws {
    let all = try await departures(of: Array(repeating: "a", count: 60) + ["b"], rate: 40, perEndpoint: 15)
    let last = try #require(all.last).1
    #expect(last < 100_000)
  }

  @Test func `after a rest the first goes at once and the next does not burst`() async throws {
    let clock = SteppedClock()
    let pacer = Pacer(
      requestsPerSecond: 10, requestsPerSecondPerEndpoint: 10, now: { clock.now() },
      sleep: { clock.sleep($0) })
    try await pacer.admit("a")
    #expect(clock.pauses == [])
    clock.advance(.seconds(60))
    try await pacer.admit("a")
    #expect(clock.pauses == [])
    try await pacer.admit("a")
    try await pacer.admit("a")
    #expect(clock.pauses == [.milliseconds(103), .milliseconds(103)])
  }
}
