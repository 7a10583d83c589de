import Foundation
import Testing

@testable import Transport

struct LetterTests {
  /// What must never reach a command or a header, in every place where it could.
  @Test(arguments: [
    "a@example.com>\r\nRCPT TO:<evil@example.com", "a@example.com\r\nBcc: evil@example.com", "a@example.com\n",
    "a@b\u{0}c",
    "<a@example.com>", "a>@example.com", "a<b@example.com", "a b@example.com", "\"a b\"@example.com", "a@[127.0.0.1]",
    "a@", "@example.com", "a", "", "a@b@c", "a@-b.example", "a@b..example", "a@example.com.", "zoë@example.com",
    "a@münchen.example", "a,b@example.com", "a@example.com SIZE=1", "a@exa_mple.com", "a\u{7f}@example.com",
    String(repeating: "a", count: 65) + "@example.com", "a@" + String(repeating: "b.", count: 130) + "example",
  ])
  func `an unsafe address is refused wherever it stands`(address: String) {
    let bad = MailAddress(address: address)
    for message in [MailMessage.sample(from: bad), .sample(replyTo: bad), .sample(to: bad)] {
      let refusal = #expect(throws: MailError.self) { _ = try Letter(message) }
      #expect(refusal?.isRefused == true)
    }
  }

  @Test(arguments: [
    "a@example.com", "first.last+tag@mail.example.co.uk", "o'brien@example.com", "root@localhost",
    "x@xn--mnchen-3ya.example",
    "a..b.@docomo.example", "!#$%&'*+-/=?^_`{|}~@example.com",
  ])
  func `an address in use is taken as it is`(address: String) throws {
    let letter = try Letter(.sample(to: MailAddress(address: address)))
    #expect(letter.recipient == address)
    #expect(letter.headers.contains("To: \(address)"))
  }

  @Test(arguments: [
    "Anna\r\nBcc: evil@example.com", "Anna\n", "An\u{0}na", "Anna <evil@example.com>", "a>b", "Anna\u{2028}x",
    "Anna\u{85}x", "\t", String(repeating: "x", count: 201),
  ])
  func `an unsafe name is refused`(name: String) {
    let bad = MailAddress(name: name, address: "a@example.com")
    for message in [MailMessage.sample(from: bad), .sample(replyTo: bad), .sample(to: bad)] {
      #expect(throws: MailError.self) { _ = try Letter(message) }
    }
    // Whoever is called so still gets their mail, without it.
    let plain = bad.withUsableName
    #expect(plain == MailAddress(address: "a@example.com"))
    #expect(throws: Never.self) { try Letter(.sample(to: plain)) }
  }

  @Test(arguments: [
    "Pay\r\nBcc: evil@example.com", "Pay\nnow", "Pay\r", "Pay\u{0}", "Pay\u{1b}[31m", "Pay\u{2029}now",
    String(repeating: "x", count: 2001),
  ])
  func `an unsafe subject is refused`(subject: String) {
    #expect(throws: MailError.self) { _ = try Letter(.sample(subject: subject)) }
  }

  @Test(arguments: [
    "not_1@acme.example", "<not_1>", "<>", "", "<a@b>\r\nX: y", "<a@b\r\n>", "<a b@c>", "<a@b@c>", "<a>@<b>", "<@b>",
    "<a@>",
    "<" + String(repeating: "a", count: 200) + "@b>",
  ])
  func `an unsafe Message-ID is refused`(messageID: String) {
    #expect(throws: MailError.self) { _ = try Letter(.sample(messageID: messageID)) }
  }

  @Test(arguments: [
    "", "2026-08-31T09:00:00Z", "Mon, 31 Aug 2026 09:00:00 +0000\r\nX: y", "Mon, 32 Aug 2026 09:00:00 +0000",
    "Mon, 31 Aug 2026 25:00:00 +0000", "Mon, 31 Aug 2026 09:00:00 GMT", "Mon, 31 Aug 2026 09:00 +0000",
    "31 Aug 2026 09:00:00 +0000",
  ])
  func `a date that is none is refused`(date: String) {
    #expect(throws: MailError.self) { _ = try Letter(.sample(date: date)) }
  }

  @Test(arguments: [
    ("Mon, 31 Aug 2026 09:00:00 +0000", "20260831T090000Z"), ("Mon, 31 Aug 2026 01:30:00 +0200", "20260830T233000Z"),
    ("Thu, 31 Dec 2026 20:00:05 -0530", "20270101T013005Z"), ("Sun, 1 Feb 2026 00:00:00 +0000", "20260201T000000Z"),
    ("Sun, 01 Feb 2026 00:00:00 -0000", "20260201T000000Z"),
  ])
  func `dates sort by the moment that they mean`(date: String, sortable: String) {
    #expect(MailDate(date)?.sortable == sortable)
  }

  @Test func `lines end with CRLF however they ended before`() throws {
    let letter = try Letter(.sample(text: "a\nb\r\nc\rd\n\n\r\ne\r\r\n", html: ""))
    #expect(String(decoding: letter.text, as: UTF8.self) == "a\r\nb\r\nc\r\nd\r\n\r\n\r\ne\r\n\r\n")
    #expect(letter.html.isEmpty)
  }
}
