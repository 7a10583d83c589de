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
    faults[Self.cell(call, fault), default: 0] += 1
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
  static func cell(_ call: CallKind, _ fault: WireFault) -> String { "\(call.rawValue) × \(fault.rawValue)" }

  /// Both tables as text, the reachable cells that were not met often enough, and why the others cannot be met.
  package var table: String {
    var lines = ["", "crashes: state × effect, before/after (- is unreachable by rule)"]
    lines.append(Self.pad("", 14) + EffectKind.allCases.map { Self.pad($0.rawValue, 16) }.joined())
    for state in Self.chargeStates + ["none"] {
      let cells = EffectKind.allCases.map { kind in
        Self.pad(EffectPoint.allCases.map { text(state, kind, $0) }.joined(separator: "/"), 16)
      }
      lines.append(Self.pad(state, 14) + cells.joined())
    }
    lines += ["", "faults: call × kind"]
    lines.append(Self.pad("", 18) + WireFault.allCases.map { Self.pad($0.rawValue, 15) }.joined())
    for call in CallKind.allCases {
      let cells = WireFault.allCases.map { Self.pad("\(faults[Self.cell(call, $0)] ?? 0)", 15) }
      lines.append(Self.pad(call.rawValue, 18) + cells.joined())
    }
    lines += ["", "happenings"] + happenings.sorted { $0.key < $1.key }.map { Self.pad($0.key, 34) + "\($0.value)" }
    lines +=
      ["", "charges at the end"] + states.sorted { $0.key < $1.key }.map { Self.pad($0.key, 34) + "\($0.value)" }
    lines += ["", "unreachable by rule:"] + Self.unreachable.map { "  \($0.cells): \($0.reason)" }
    let low = rare(under: Self.enough)
    lines += ["", "reachable cells under \(Self.enough): " + (low.isEmpty ? "none" : "\(low.count)")]
    lines += low.map { "  \(Self.pad($0.cell, 34))\($0.count)" }
    return lines.joined(separator: "\n")
  }

  private func text(_ state: String, _ kind: EffectKind, _ point: EffectPoint) -> String {
    let count = crashes[Self.cell(state, kind, point)] ?? 0
    return count == 0 && Self.isUnreachable(state, kind) ? "-" : "\(count)"
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
