/// What was reached, counted over all worlds: charge state × effect × crash point, and call × fault.
package struct Coverage: Sendable, Equatable {
  package private(set) var crashes: [String: Int] = [:]
  package private(set) var faults: [String: Int] = [:]
  package private(set) var happenings: [String: Int] = [:]
  package private(set) var states: [String: Int] = [:]

  package init() {}

  static let chargeStates = [
    "scheduled", "held", "attempting", "unresolved", "processing", "recovering", "paid", "uncollectible", "canceled",
  ]

  mutating func crashed(_ state: String, _ kind: EffectKind, _ point: EffectPoint) {
    crashes[Self.cell(state, kind, point), default: 0] += 1
  }
  mutating func met(_ call: CallKind, _ fault: WireFault) {
    faults["\(call.rawValue) × \(fault.rawValue)", default: 0] += 1
  }
  mutating func happened(_ what: String) { happenings[what, default: 0] += 1 }
  mutating func ended(_ state: String) { states[state, default: 0] += 1 }

  package mutating func add(_ other: Coverage) {
    crashes.merge(other.crashes, uniquingKeysWith: +)
    faults.merge(other.faults, uniquingKeysWith: +)
    happenings.merge(other.happenings, uniquingKeysWith: +)
    states.merge(other.states, uniquingKeysWith: +)
  }

  package var faultCount: Int { faults.values.reduce(0, +) }
  package var crashCount: Int { crashes.values.reduce(0, +) }

  static func cell(_ state: String, _ kind: EffectKind, _ point: EffectPoint) -> String {
    "\(state) × \(kind.rawValue) \(point.rawValue)"
  }

  /// Both tables as text, and the cells that were never reached.
  package var table: String {
    var lines = ["", "crashes: state × effect, before/after"]
    lines.append(Self.pad("", 14) + EffectKind.allCases.map { Self.pad($0.rawValue, 16) }.joined())
    for state in Self.chargeStates + ["none"] {
      let cells = EffectKind.allCases.map { kind in
        Self.pad(EffectPoint.allCases.map { "\(crashes[Self.cell(state, kind, $0)] ?? 0)" }.joined(separator: "/"), 16)
      }
      lines.append(Self.pad(state, 14) + cells.joined())
    }
    lines += ["", "faults: call × kind"]
    lines.append(Self.pad("", 18) + CallKind.allCases.map { Self.pad($0.rawValue, 16) }.joined())
    for fault in WireFault.allCases {
      let cells = CallKind.allCases.map { Self.pad("\(faults["\($0.rawValue) × \(fault.rawValue)"] ?? 0)", 16) }
      lines.append(Self.pad(fault.rawValue, 18) + cells.joined())
    }
    lines += ["", "happenings"] + happenings.sorted { $0.key < $1.key }.map { Self.pad($0.key, 34) + "\($0.value)" }
    lines +=
      ["", "charges at the end"] + states.sorted { $0.key < $1.key }.map { Self.pad($0.key, 34) + "\($0.value)" }
    lines += ["", "never reached: " + (neverReached.isEmpty ? "nothing" : neverReached.joined(separator: ", "))]
    return lines.joined(separator: "\n")
  }

  package var neverReached: [String] {
    let cells = Self.chargeStates.flatMap { state in
      EffectKind.allCases.flatMap { kind in EffectPoint.allCases.map { Self.cell(state, kind, $0) } }
    }
    let calls = CallKind.allCases.filter { $0 != .other }.flatMap { call in
      WireFault.allCases.map { "\(call.rawValue) × \($0.rawValue)" }
    }
    return cells.filter { crashes[$0] == nil } + calls.filter { faults[$0] == nil }
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
