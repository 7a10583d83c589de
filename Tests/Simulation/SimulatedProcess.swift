import Domain
import Foundation
import Transport

/// What a process does that somebody outside of it notices.
package enum EffectKind: String, Sendable, CaseIterable {
  case http, ledger, mail, merchant
}

/// The two sides of an effect on which a crash makes a difference.
package enum EffectPoint: String, Sendable, CaseIterable {
  /// It does not happen any more.
  case before
  /// It has happened, and the process does not hear of it.
  case after
}

/// Where a process dies.
package enum Doom: Sendable {
  case lives
  /// At the n-th side of any effect that it passes.
  case anywhere(Int)
  /// At the n-th time that it passes one side of one kind of effect; so each cell of the table is met, also those that
  /// are rare among all effects.
  case effect(EffectKind, EffectPoint, turn: Int)
  /// As soon as it passes one side of one kind of effect about a charge in one of these states.
  case state(EffectKind, EffectPoint, Set<String>)
}

/// What is wrong with the clock of a process's machine: from a moment on it is off.
package struct ClockError: Sendable {
  let from: Timestamp
  /// It was right before.
  let isJump: Bool
  let error: Duration

  func at(_ moment: Timestamp) -> Duration { moment < from ? .zero : error }
}

/// One run of `dues`: a tick, `serve`, a command. It can die at any effect; after that nothing that it does has any effect.
package final class SimulatedProcess: Sendable {
  private struct State: Sendable {
    var crossings = 0
    var isDead = false
    var charge: String?
    var badWrites = 0
    var hasStood = false
    /// Something that it learned is not written down.
    var hasForgotten = false
  }

  /// Whose code runs: how the ledger's watch knows who writes.
  @TaskLocal package static var current: SimulatedProcess?

  package let name: String
  /// `nil`: its clock is right.
  let clockError: ClockError?
  private let doom: Doom
  private let state = Locked(State())
  /// What a charge is at this moment, for the table of coverage.
  private let stateOf: @Sendable (String) -> String?
  private let onDeath: @Sendable (Dying) -> Void

  /// The moment in which a process dies.
  package struct Dying: Sendable {
    let name: String
    let kind: EffectKind
    let point: EffectPoint
    let charge: String?
    let state: String
  }

  package init(
    _ name: String, clockError: ClockError?, doom: Doom, stateOf: @escaping @Sendable (String) -> String?,
    onDeath: @escaping @Sendable (Dying) -> Void
  ) {
    self.name = name
    self.clockError = clockError
    self.doom = doom
    self.stateOf = stateOf
    self.onDeath = onDeath
  }

  /// How far its wall clock is from the true time.
  func skew(at moment: Timestamp) -> Duration { clockError?.at(moment) ?? .zero }

  package var isDead: Bool { state.withLock { $0.isDead } }
  /// - Returns: whether it is the first time that it stands still.
  func standsOnce() -> Bool {
    state.withLock { state in
      defer { state.hasStood = true }
      return !state.hasStood
    }
  }

  var hasForgotten: Bool { state.withLock { $0.hasForgotten } }
  func forgets() { state.withLock { $0.hasForgotten = true } }

  /// Somebody ends it: the machine is stopped.
  func kill() { state.withLock { $0.isDead = true } }
  package func isBusy(with charge: String?) { if let charge { state.withLock { $0.charge = charge } } }

  /// Whether its next write fails: some in a row, once that has begun.
  func isOnBadDisk(elseBegins begins: Bool) -> Bool {
    state.withLock { state in
      if begins, state.badWrites == 0 { state.badWrites = 3 }
      guard state.badWrites > 0 else { return false }
      state.badWrites -= 1
      return true
    }
  }

  /// Passes one side of an effect.
  ///
  /// - Parameter charge: what it is about; `nil` where only what the process was last busy with is known.
  /// - Throws: ``Death`` if it dies there, or has died before.
  package func cross(_ kind: EffectKind, _ point: EffectPoint, about charge: String? = nil) throws(Death) {
    if isDead { throw Death() }
    let subject = charge ?? (kind == .ledger ? state.withLock { $0.charge } : nil)
    guard fits(kind, point, subject) else { return }
    state.withLock { $0.isDead = true }
    onDeath(Dying(name: name, kind: kind, point: point, charge: subject, state: subject.flatMap(stateOf) ?? "none"))
    throw Death()
  }

  /// The states in which it dies when it comes to this kind of effect; `nil`: its end does not depend on them.
  ///
  /// - Parameter point: only if it is on this side.
  func lurks(at kind: EffectKind, _ point: EffectPoint? = nil) -> Set<String>? {
    guard case .state(kind, let place, let states) = doom, point == nil || place == point else { return nil }
    return states
  }

  private func fits(_ kind: EffectKind, _ point: EffectPoint, _ charge: String?) -> Bool {
    switch doom {
    case .lives: return false
    case .anywhere(let turn): return count() == turn
    case .effect(kind, point, let turn): return count() == turn
    case .state(kind, point, let states): return states.contains(charge.flatMap(stateOf) ?? "none")
    case .effect, .state: return false
    }
  }

  private func count() -> Int {
    state.withLock { state in
      state.crossings += 1
      return state.crossings
    }
  }
}

/// The process is no more.
package struct Death: Error, Sendable {}
