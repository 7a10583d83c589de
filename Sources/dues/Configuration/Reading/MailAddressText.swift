import Foundation
import Transport

/// Mailboxes as a configuration writes them: `billing@acme.example`, or `Acme <billing@acme.example>`.
enum MailAddressText {
  static func parse(_ text: String) throws(ValueProblem) -> MailAddress {
    guard text.hasSuffix(">"), let bracket = text.lastIndex(of: "<") else {
      return MailAddress(address: try bare(text))
    }
    let address = try bare(String(text[text.index(after: bracket)...].dropLast()))
    let name = text[..<bracket].trimmingCharacters(in: CharacterSet(charactersIn: " \""))
    guard !name.contains(where: { $0.isNewline || "<>\"".contains($0) }) else { throw problem }
    return MailAddress(name: name.isEmpty ? nil : name, address: address)
  }

  /// Only the address: ASCII, without quotes and comments. Transport sends to no other.
  static func bare(_ text: String) throws(ValueProblem) -> String {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, text.utf8.count <= 254,
      text.utf8.allSatisfy({ (33...126).contains($0) }),
      !text.contains(where: { "<>()[],;:\\\"".contains($0) }),
      parts[1].split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isLabel)
    else { throw problem }
    return text
  }

  private static func isLabel(_ label: Substring) -> Bool {
    (1...63).contains(label.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
      && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" }
  }

  private static var problem: ValueProblem {
    ValueProblem("is not a mail address", "write \"billing@example.com\" or \"Example <billing@example.com>\"")
  }
}
