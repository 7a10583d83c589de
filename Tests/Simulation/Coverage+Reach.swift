/// Which cells of the table can be reached, and which a long run has not met often enough.
extension Coverage {
  /// A cell that was met so often has been met in many different worlds.
  package static let enough = 100

  /// What makes cells unreachable.
  struct Rule: Sendable {
    let state: String
    let kind: EffectKind
    let reason: String
    var cells: String { "\(state) × \(kind.rawValue)" }
  }

  static let unreachable: [Rule] = []

  static func isUnreachable(_ state: String, _ kind: EffectKind) -> Bool {
    unreachable.contains { $0.state == state && $0.kind == kind }
  }

  /// Reachable cells that were met less often than `limit`, the rarest first.
  package func rare(under limit: Int) -> [(cell: String, count: Int)] {
    let cells = Self.chargeStates.flatMap { state in
      EffectKind.allCases.filter { !Self.isUnreachable(state, $0) }.flatMap { kind in
        EffectPoint.allCases.map { Self.cell(state, kind, $0) }
      }
    }
    let calls = CallKind.allCases.filter { $0 != .other }.flatMap { call in
      WireFault.allCases.map { Self.cell(call, $0) }
    }
    let counts = cells.map { (cell: $0, count: crashes[$0] ?? 0) } + calls.map { (cell: $0, count: faults[$0] ?? 0) }
    return counts.filter { $0.count < limit }.sorted { ($0.count, $0.cell) < ($1.count, $1.cell) }
  }
}
