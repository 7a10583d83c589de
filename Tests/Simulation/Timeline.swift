package import Domain
import Transport

/// The time and the one thread of a world: every task of the world runs here, one job at a time, in an order that the
/// seed decides; when nobody can go on, time jumps to the next who waits.
///
/// So a world has no real time and no real concurrency, but every order of its tasks can happen.
package final class Timeline: TaskExecutor {
  private struct Timer: Sendable {
    let at: Timestamp
    let serial: Int
    let wake: UnsafeContinuation<Void, Never>
  }

  private struct State: Sendable {
    var now: Timestamp
    var ready: [UnownedJob] = []
    var timers: [Timer] = []
    var serial = 0
    var depth = 0
  }

  private let state: Locked<State>
  private let chance: Chance
  /// How often of a thousand times another task gets in between two steps of a task that does not wait.
  private let interjections: Int

  package init(start: Timestamp, chance: Chance, interjectionsPerMille: Int) {
    state = Locked(State(now: start))
    self.chance = chance
    interjections = interjectionsPerMille
  }

  package var now: Timestamp { state.withLock { $0.now } }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    state.withLock { $0.ready.append(job) }
  }

  /// Waits until the world's time is `moment`.
  package func sleep(until moment: Timestamp) async {
    await withUnsafeContinuation { wake in
      state.withLock {
        $0.serial += 1
        let timer = Timer(at: max(moment, $0.now), serial: $0.serial, wake: wake)
        let place = $0.timers.firstIndex { $0.at > timer.at } ?? $0.timers.endIndex
        $0.timers.insert(timer, at: place)
      }
    }
  }

  package func sleep(_ duration: Duration) async { await sleep(until: now + duration) }

  /// Runs a whole world on the calling thread.
  ///
  /// - Returns: whether it came to its end; `false`: everybody waits for something that never comes.
  package func run(_ body: @escaping @Sendable () async -> Void) -> Bool {
    let isDone = Locked(false)
    let task = Task(executorPreference: self) {
      await body()
      isDone.withLock { $0 = true }
    }
    while !isDone.withLock({ $0 }) {
      guard runOne() || wakeNext(by: nil) else {
        task.cancel()
        return false
      }
    }
    return true
  }

  /// Lets others go on in the middle of a step that waits for nobody: between two transactions of one process, another
  /// process may do anything.
  package func interject() {
    guard interjections > 0, chance.happens(interjections), state.withLock({ $0.depth < 3 }) else { return }
    state.withLock { $0.depth += 1 }
    for _ in 0..<chance.int(1...4) {
      if chance.happens(300) { _ = wakeNext(by: now + .seconds(2)) }
      if !runOne() { break }
    }
    state.withLock { $0.depth -= 1 }
  }

  private func runOne() -> Bool {
    let job: UnownedJob? = state.withLock {
      guard !$0.ready.isEmpty else { return nil }
      return $0.ready.remove(at: $0.ready.count == 1 ? 0 : chance.int(0...($0.ready.count - 1)))
    }
    guard let job else { return false }
    job.runSynchronously(on: asUnownedTaskExecutor())
    return true
  }

  private func wakeNext(by limit: Timestamp?) -> Bool {
    let timer: Timer? = state.withLock {
      guard let first = $0.timers.first, limit.map({ first.at <= $0 }) ?? true else { return nil }
      $0.timers.removeFirst()
      $0.now = max($0.now, first.at)
      return first
    }
    guard let timer else { return false }
    timer.wake.resume()
    return true
  }
}
