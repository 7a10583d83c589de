import Domain
import Testing
import Transport

@testable import Stripe

/// Which time it is, by what Stripe told, what has passed since, and our own clock.
struct ServerTimeTests {
  private struct Clocks: Sendable {
    var wall = Timestamp(seconds: 1_000_000)
    var elapsed = Duration.seconds(50)

    /// The world goes on.
    mutating func pass(_ duration: Duration) {
      wall = wall + duration
      elapsed += duration
    }
  }

  private let clocks = Locked(Clocks())
  private let time: ServerTime

  init() {
    let clocks = clocks
    time = ServerTime(localNow: { clocks.withLock { $0.wall } }, elapsed: { clocks.withLock { $0.elapsed } })
  }

  private func change(_ body: (inout Clocks) -> Void) { clocks.withLock { body(&$0) } }
  private var truth: Timestamp { Timestamp(seconds: 1_000_000) }

  @Test func `a clock that is set shows at once, and again when it is set right`() {
    time.hear(truth)
    #expect(time.offset == .zero)
    change { $0.wall = $0.wall + .days(400) }
    #expect(time.offset == .zero - .days(400))
    change { $0.wall = $0.wall - .days(400) }
    change { $0.pass(.hours(9)) }
    #expect(time.offset == .zero && !time.isDoubtful)
  }

  @Test func `one Date that nothing confirms is doubted, and the next tells`() {
    time.hear(truth)
    time.hear(truth + .days(20))
    #expect(time.isDoubtful && time.offset == .zero)
    change { $0.pass(.seconds(1)) }
    time.hear(truth + .seconds(1))
    #expect(!time.isDoubtful && time.offset == .zero)
  }

  @Test func `two that agree are believed against our clock`() {
    time.hear(truth)
    time.hear(truth + .hours(30))
    change { $0.pass(.seconds(2)) }
    time.hear(truth + .hours(30) + .seconds(2))
    #expect(!time.isDoubtful && time.offset == .hours(30))
  }

  @Test func `a machine that was paused is told by one answer if its clock was set right`() {
    time.hear(truth)
    change { $0.wall = $0.wall + .hours(15) }
    #expect(time.offset == .zero - .hours(15))
    time.hear(truth + .hours(15))
    #expect(!time.isDoubtful && time.offset == .zero)
  }

  @Test func `the first is believed, and an answer without one tells nothing`() {
    time.hear(nil)
    #expect(time.hasAnswered && time.offset == nil)
    time.hear(truth + .days(3))
    #expect(time.offset == .days(3))
  }
}
