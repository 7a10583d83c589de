import Foundation
import Testing

@testable import Transport

struct HeaderEncodingTests {
  private static let subjects = [
    "Your payment did not go through",
    "",
    "Zahlung über 10,99 € fehlgeschlagen",
    "支付失败：您的付款未能完成，请在九月七日之前更新您的付款方式，以免您的会员资格被暂停或取消。谢谢您的理解与支持。",
    "👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦 family plan",
    "a long subject in plain words that must be folded because it does not fit on one line of seventy-six columns at all",
    String(repeating: "x", count: 300),
    String(repeating: "é", count: 300),
    "=?UTF-8?B?ZXZpbA==?=",
    "two  blanks and a trailing one ",
    " a leading blank",
    "5 < 6 > 4 <script>",
    "“Quotes” & ‘apostrophes’ — dashes",
    "e" + String(repeating: "\u{301}", count: 100),
  ]

  @Test(arguments: subjects)
  func `a subject is read back as it was written, from short lines of ASCII`(subject: String) {
    let header = HeaderEncoding.text("Subject", subject)
    #expect(header.hasPrefix("Subject: "))
    let value = String(Self.unfolded(header).dropFirst(9))
    #expect(value == subject || ParsedMail.decoded(value) == subject)
    Self.expectGoodLines(header)
  }

  @Test(
    arguments: [
      (nil, "To: a@example.com"),
      ("", "To: a@example.com"),
      ("Anna Smith", "To: Anna Smith <a@example.com>"),
      ("Smith, Anna (Ms.)", "To: \"Smith, Anna (Ms.)\" <a@example.com>"),
      ("Anna \"Ann\" \\ Smith", #"To: "Anna \"Ann\" \\ Smith" <a@example.com>"#),
      ("evil@example.com", "To: \"evil@example.com\" <a@example.com>"),
      ("Zoë", "To: =?UTF-8?B?Wm/Dqw==?= <a@example.com>"),
      ("=?x?=", "To: =?UTF-8?B?PT94Pz0=?= <a@example.com>"),
    ] as [(String?, String)])
  func `a mailbox is bare, quoted or encoded`(name: String?, header: String) {
    #expect(HeaderEncoding.mailbox("To", MailAddress(name: name, address: "a@example.com")) == header)
  }

  @Test(arguments: [
    String(repeating: "Anna ", count: 20) + "Smith", String(repeating: "Zoë ", count: 40) + "Müller",
    "Exactly the length at which the address must go to the next line, ok",
  ])
  func `a long name is folded and the address stays whole`(name: String) {
    let header = HeaderEncoding.mailbox("From", MailAddress(name: name, address: "a.long.address@mail.example.com"))
    #expect(header.hasSuffix(" <a.long.address@mail.example.com>"))
    let phrase = Self.unfolded(header).dropFirst(6).dropLast(34)
    let read = ParsedMail.decoded(String(phrase))
    #expect(read == name || read == "\"\(name)\"")
    Self.expectGoodLines(header)
  }

  private static func unfolded(_ header: String) -> String {
    header.replacingOccurrences(of: "\r\n", with: "")
  }

  private static func expectGoodLines(_ header: String) {
    let lines = header.components(separatedBy: "\r\n")
    #expect(header.utf8.allSatisfy { $0 < 0x7f })
    for (index, line) in lines.enumerated() {
      #expect(line.utf8.count <= 76, "\(line)")
      #expect(index == 0 || line.hasPrefix(" ") && line.count > 1, "\(line)")
      #expect(!line.contains("\r") && !line.contains("\n"))
      for word in line.components(separatedBy: " ") where word.hasPrefix("=?") { #expect(word.utf8.count <= 75) }
    }
  }
}
