package import Domain

/// What a page shows instead of a charge's id, short enough to read out on the telephone: `3F9A2-1C704`.
package enum ShortReference {
  private static let digits = 10

  package static func text(_ charge: ChargeID) -> String {
    let head = Array(charge.text.split(separator: "_", maxSplits: 1).last.map { $0.prefix(digits) } ?? "").map {
      $0.uppercased()
    }
    return head.count > 5 ? head.prefix(5).joined() + "-" + head.dropFirst(5).joined() : head.joined()
  }

  /// How the charge's id begins, for a reference typed in any case, with or without its dash; `nil` if it is none.
  package static func idPrefix(_ reference: String) -> String? {
    let plain = reference.filter { $0 != "-" && !$0.isWhitespace }.lowercased()
    let isHex = plain.allSatisfy { $0.isASCII && $0.isHexDigit }
    return plain.count == digits && isHex ? "chg_" + plain : nil
  }
}
