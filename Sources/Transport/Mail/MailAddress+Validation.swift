extension MailAddress {
  /// RFC 5321 §4.5.3.1: the longest path is 256 with its angle brackets.
  private static let maxAddress = 254
  private static let maxLocalPart = 64
  private static let maxLabel = 63
  private static let maxName = 200

  /// Throws ``MailError/refused(_:)`` unless the address is safe in a command and in a header.
  ///
  /// libcurl puts an address into `RCPT TO:<…>` as it is; a line break in one would be a command of its own. Taken is
  /// `local@domain` in ASCII without quotes, comments or literals: what mail in use consists of. The reason tells the
  /// role and the flaw, not the address.
  ///
  /// - Parameter role: whose address it is, for the reason: `the recipient`.
  func validate(as role: String) throws(MailError) {
    if let flaw = Self.flaw(inAddress: address) { throw .refused("\(role)'s address \(flaw)") }
    if let name, let flaw = Self.flaw(inName: name) { throw .refused("\(role)'s name \(flaw)") }
  }

  /// The same address, without its name if that cannot stand in a header: who is called so still gets their mail.
  package var withUsableName: MailAddress {
    guard let name, Self.flaw(inName: name) != nil else { return self }
    return MailAddress(address: address)
  }

  private static func flaw(inName name: String) -> String? {
    if let flaw = flaw(inText: name) { return flaw }
    if name.utf8.contains(where: { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: ">") }) {
      return "has an angle bracket"
    }
    return name.utf8.count > maxName ? "is longer than \(maxName) bytes" : nil
  }

  /// What is wrong with a text that is to stand in a header, if anything.
  static func flaw(inText text: String) -> String? {
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: return "has a control character"
      default: continue
      }
    }
    return nil
  }

  private static func flaw(inAddress address: String) -> String? {
    if address.isEmpty { return "is empty" }
    if address.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) { return "has a control character" }
    if address.utf8.contains(where: { $0 >= 0x80 }) { return "is not ASCII (write its domain in punycode)" }
    if address.utf8.count > maxAddress { return "is longer than \(maxAddress) characters" }
    let parts = address.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return "is not of the form name@domain" }
    let dot = UInt8(ascii: ".")
    guard !parts[0].isEmpty, parts[0].utf8.count <= maxLocalPart,
      parts[0].utf8.allSatisfy({ isAtomText($0) || $0 == dot })
    else { return "has a part before the @ that cannot be used" }
    guard parts[1].split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isLabel) else {
      return "has a domain that cannot be used"
    }
    return nil
  }

  private static func isLabel(_ label: Substring) -> Bool {
    !label.isEmpty && label.utf8.count <= maxLabel && !label.hasPrefix("-") && !label.hasSuffix("-")
      && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
  }

  /// `atext` of RFC 5322 §3.2.3.
  static func isAtomText(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: false
    }
  }
}
