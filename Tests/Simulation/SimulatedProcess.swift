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

/// One run of `dues`: a tick, `serve`, a command. It can die at any effect; after that nothing that it does has any effect.
package final class SimulatedProcess: Sendable {
  private struct State: Sendable {
    var crossings = 0
    var isDead = false
    var charge: String?
  }

  /// Whose code runs: how the ledger's watch knows who writes.
  @TaskLocal package static var current: SimulatedProcess?

  package let name: String
  /// How far its wall clock is from the true time.
  package let skew: Duration
  /// At which crossing of an effect's side it dies; `nil`: it lives.
  private let diesAt: Int?
  private let state = Locked(State())
  private let onDeath: @Sendable (SimulatedProcess, EffectKind, EffectPoint) -> Void

  package init(
    _ name: String, skew: Duration, diesAt: Int?,
    onDeath: @escaping @Sendable (SimulatedProcess, EffectKind, EffectPoint) -> Void
  ) {
    self.name = name
    self.skew = skew
    self.diesAt = diesAt
    self.onDeath = onDeath
  }

  package var isDead: Bool { state.withLock { $0.isDead } }
  /// The charge that it was last busy with.
  package var charge: String? { state.withLock { $0.charge } }
  package func isBusy(with charge: String?) { if let charge { state.withLock { $0.charge = charge } } }

  /// Passes one side of an effect.
  ///
  /// - Throws: ``Death`` if it dies there, or has died before.
  package func cross(_ kind: EffectKind, _ point: EffectPoint) throws(Death) {
    let diesNow = state.withLock { state in
      guard !state.isDead else { return false }
      state.crossings += 1
      guard state.crossings == diesAt else { return false }
      state.isDead = true
      return true
    }
    if diesNow { onDeath(self, kind, point) }
    if isDead { throw Death() }
  }
}

/// The process is no more.
package struct Death: Error, Sendable {}
