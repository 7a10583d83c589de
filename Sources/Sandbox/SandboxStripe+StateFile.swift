package import Foundation
import Transport

/// The state file: the whole memory as JSON, so that a sandbox goes on where it was stopped.
extension SandboxStripe {
  /// Why a state file cannot be used.
  package struct StateProblem: Error, Sendable, Equatable {
    package var reason: String
  }

  private struct State: Codable {
    /// Grows when an older file can no longer be read as it is.
    static let format = 1

    var format: Int
    /// Seconds by which the clock was put ahead.
    var ahead: Int
    var account: Account
  }

  /// Grows with everything that changes what ``state()`` gives.
  var revision: Int { with { $0.revision } }

  /// The memory as it is now.
  package func state() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(State(format: State.format, ahead: ahead.withLock { $0 }, account: with { $0 }))
  }

  /// Takes up the memory of a state file, in place of what there is.
  package func restore(_ data: Data) throws(StateProblem) {
    struct Format: Decodable { var format: Int }
    let state: State
    do {
      let format = try JSONDecoder().decode(Format.self, from: data).format
      guard format == State.format else {
        throw StateProblem(reason: "it has format \(format), and this sandbox reads \(State.format)")
      }
      state = try JSONDecoder().decode(State.self, from: data)
    } catch let problem as StateProblem {
      throw problem
    } catch {
      throw StateProblem(reason: "it is no state file of a sandbox")
    }
    ahead.withLock { $0 = state.ahead }
    box.withLock {
      let base = $0.pageBase
      $0 = state.account
      $0.pageBase = base
      // Whoever was sending them is gone.
      for index in $0.deliveries.all.indices where $0.deliveries.all[index].state == .sending {
        $0.deliveries.all[index].state = .pending
      }
    }
  }
}
