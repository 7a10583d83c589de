import Domain
import Testing

struct TimestampTests {
  @Test func `a moment beyond all clocks is the last there is, and no reason to stop`() {
    let last = Timestamp(seconds: .max)
    let first = Timestamp(seconds: .min)
    #expect(last == Timestamp(milliseconds: .max) && first == Timestamp(milliseconds: .min))
    #expect(last + .days(1) == last && first - .days(1) == first)
    #expect(last - first == .milliseconds(Int64.max) && first - last == .milliseconds(Int64.min))
    #expect(last > Timestamp(seconds: 0) && !last.description.isEmpty && !first.description.isEmpty)
  }

  @Test(arguments: [(1500, 1), (-1, -1), (-1000, -1), (-1001, -2), (0, 0)] as [(Int64, Int64)])
  func `seconds are rounded down`(milliseconds: Int64, seconds: Int64) {
    #expect(Timestamp(milliseconds: milliseconds).seconds == seconds)
  }
}
