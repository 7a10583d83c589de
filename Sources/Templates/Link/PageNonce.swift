package import Domain

/// What a page of ours holds and a bare form has not: proof that a payment was asked for on the page, by its script.
///
/// Mail scanners open links and some submit forms; without this a confirmation never happens (docs/INTERFACE.md). It
/// belongs to one charge and lives for a day, so that a page left open over night still works.
extension Links {
  private static let life = Duration.hours(12)

  package func nonce(for charge: ChargeID, at now: Timestamp) -> String {
    Base64URL.encode(secret.signature(of: Self.message(charge, turn: Self.turn(now))))
  }

  package func accepts(nonce: String, for charge: ChargeID, at now: Timestamp) -> Bool {
    let turn = Self.turn(now)
    guard let given = Base64URL.decode(nonce) else { return false }
    return [turn, turn - 1].contains { secret.accepts(given, of: Self.message(charge, turn: $0)) }
  }

  private static func message(_ charge: ChargeID, turn: Int64) -> [UInt8] { Array("nonce \(turn) \(charge)".utf8) }

  private static func turn(_ now: Timestamp) -> Int64 { now.seconds / life.components.seconds }
}
