/// Wakes the applier. Any number of rings while it works are one ring.
struct Doorbell: Sendable {
  let rings: AsyncStream<Void>
  private let bell: AsyncStream<Void>.Continuation

  init() {
    (rings, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  func ring() { bell.yield() }
}
