import Transport

/// Where many tasks leave what they have, for the one that takes all of it at once.
///
/// Whoever takes works on everything that has come meanwhile together: what costs as much for one as for many, a commit,
/// is paid once.
final class Collector<Element: Sendable>: Sendable {
  private struct State: Sendable {
    var elements: [Element] = []
    var taker: CheckedContinuation<Void, Never>?
  }

  private let state = Locked(State())

  func put(_ element: Element) {
    let taker = state.withLock { state in
      state.elements.append(element)
      defer { state.taker = nil }
      return state.taker
    }
    taker?.resume()
  }

  /// Everything that is there, in the order it came; waits for the first. For one taker at a time.
  func takeAll() async -> [Element] {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        precondition(state.taker == nil, "two take from one collector")
        guard state.elements.isEmpty else { return true }
        state.taker = continuation
        return false
      }
      if isThere { continuation.resume() }
    }
    return state.withLock { state in
      defer { state.elements = [] }
      return state.elements
    }
  }
}
