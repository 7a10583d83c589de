import Crypto

/// The name of one ledger, made once with it. Every id of ours is derived from it (law 1), so the same thing owed
/// has the same id however often it is inserted, and two ledgers never share one.
package struct LedgerID: Sendable, Hashable, CustomStringConvertible {
  package let text: String
  package init(_ text: String) { self.text = text }
  package var description: String { text }

  /// The charge of one period of an agreement.
  package func charge(of agreement: AgreementID, period: PeriodKey) -> ChargeID {
    ChargeID(derive("chg_", "period", agreement.text, period.text))
  }

  /// The charge that an admin enqueued under a key.
  package func charge(key: String) -> ChargeID { ChargeID(derive("chg_", "key", key)) }

  package func agreement(key: String) -> AgreementID { AgreementID(derive("agr_", "key", key)) }

  /// Fields are length-prefixed, so that no two lists of fields give the same bytes.
  private func derive(_ prefix: String, _ fields: String...) -> String {
    var bytes: [UInt8] = []
    for field in [text] + fields {
      bytes += "\(field.utf8.count):".utf8
      bytes += field.utf8
    }
    let digits = Array("0123456789abcdef".utf8)
    let hex = SHA256.hash(data: bytes).prefix(12).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0xF)]] }
    return prefix + String(decoding: hex, as: UTF8.self)
  }
}
