import Foundation
import TestSupport
import Testing

@testable import Transport

struct SMTPMailTests {
  private func mail(
    _ url: String, username: String? = nil, password: String? = nil, startTLS: SMTPConfiguration.StartTLS = .off,
    timeout: Duration = .patience
  ) throws -> SMTPMail {
    try SMTPMail(
      configuration: SMTPConfiguration(
        url: url, username: username, password: password, startTLS: startTLS, ehloName: "dues.example",
        timeout: timeout))
  }

  @Test func `a mail arrives with its headers and both of its bodies`() async throws {
    let server = try SMTPServer()
    try await mail(server.url).transport.send(.sample())
    #expect(server.commands.first == "EHLO dues.example")
    #expect(server.commands.contains { $0.hasPrefix("MAIL FROM:<billing@acme.example>") })
    #expect(server.commands.contains("RCPT TO:<zoe@example.com>"))

    let parsed = ParsedMail(try #require(server.mails.first).joined(separator: "\r\n"))
    #expect(parsed["Date"] == "Mon, 31 Aug 2026 09:00:00 +0000")
    #expect(parsed["From"] == "Acme <billing@acme.example>")
    #expect(ParsedMail.decoded(parsed["To"] ?? "") == "Zoë Müller <zoe@example.com>")
    #expect(parsed["Reply-To"] == "help@acme.example")
    #expect(parsed["Subject"] == "Your payment did not go through")
    #expect(parsed["Message-ID"] == "<not_1@acme.example>")
    #expect(parsed["Auto-Submitted"] == "auto-generated")
    #expect(parsed["MIME-Version"] == "1.0")
    #expect(parsed.headers.map(\.name).count == Set(parsed.headers.map { $0.name.lowercased() }).count)
    #expect(parsed["Content-Type"]?.hasPrefix("multipart/alternative; boundary=") == true)
    #expect(parsed.parts["text/plain; charset=utf-8"] == "Grüße,\r\n.\r\n..two dots\r\nthe end")
    #expect(parsed.parts["text/html; charset=utf-8"] == "<p>Grüße</p>\r\n")
  }

  @Test func `a large mail with long lines and dots arrives as it was`() async throws {
    let server = try SMTPServer()
    let text = (0..<3_000).map { String(repeating: ".", count: $0 % 90) + " naïve = \($0)" }.joined(separator: "\n")
    try await mail(server.url).transport.send(.sample(text: text, html: ""))
    let parsed = ParsedMail(try #require(server.mails.first).joined(separator: "\r\n"))
    #expect(parsed.parts["text/plain; charset=utf-8"] == text.replacing("\n", with: "\r\n"))
    #expect(parsed.parts["text/html; charset=utf-8"] == "")
    #expect(parsed.lines.allSatisfy { $0.utf8.count <= 998 })
  }

  @Test func `mails go over one connection, one after the other`() async throws {
    let server = try SMTPServer()
    let transport = try mail(server.url).transport
    await withTaskGroup(of: MailError?.self) { group in
      for number in 0..<10 {
        group.addTask { await failure(transport, .sample(messageID: "<not_\(number)@acme.example>")) }
      }
      for await failure in group { #expect(failure == nil) }
    }
    #expect(server.mails.count == 10)
    #expect(server.connections == 1)
  }

  @Test func `after a refused mail the next one goes out`() async throws {
    let server = try SMTPServer(["RCPT TO:<gone@": "550 5.1.1 no such user"])
    let transport = try mail(server.url).transport
    #expect(await failure(transport, .sample(to: MailAddress(address: "gone@example.com")))?.isRefused == true)
    #expect(await failure(transport, .sample()) == nil)
    #expect(server.mails.count == 1)
  }

  @Test(arguments: [
    ("RCPT", "550 5.1.1 no such user", true, "550 5.1.1 no such user"),
    ("RCPT", "451 4.2.1 try later", false, "451 4.2.1 try later"),
    ("RCPT", "452 mailbox full", false, "452 mailbox full"),
    ("RCPT", "530 5.7.0 log in first", false, "530"),
    ("MAIL", "550 5.7.1 not this sender", true, "550 5.7.1 not this sender"),
    ("MAIL", "421 closing", false, "421 closing"),
    ("DATA", "554 5.7.1 no", true, "554 5.7.1 no"),
    ("DATA", "451 no", false, "451 no"),
    ("end", "554 5.7.1 this is spam", true, "554 5.7.1 this is spam"),
    ("end", "552 too large", true, "552 too large"),
    ("end", "451 4.7.1 greylisted", false, "451 4.7.1 greylisted"),
    ("end", "hang up", false, ""),
    ("DATA", "hang up", false, ""),
    ("RCPT", "hang up", false, ""),
    ("greeting", "554 5.7.1 your address is blocked", false, "554 5.7.1 your address is blocked"),
    ("greeting", "421 too busy", false, "421 too busy"),
    ("greeting", "hang up", false, ""),
  ])
  func `what the server says decides whether the mail is tried again`(
    command: String, answer: String, isRefused: Bool, words: String
  ) async throws {
    let server = try SMTPServer([command: answer])
    let failure = try #require(await failure(try mail(server.url).transport, .sample()))
    #expect(failure.isRefused == isRefused)
    #expect(words.isEmpty || failure.reason.contains(words), "\(failure.reason)")
  }

  @Test func `a wrong password is no reason to drop the mail, and is not repeated`() async throws {
    let server = try SMTPServer(["AUTH": "535 5.7.8 AGFubmEAaHVudGVyMg== is wrong"], offers: ["AUTH PLAIN LOGIN"])
    let transport = try mail(server.url, username: "anna", password: "hunter2").transport
    let failure = try #require(await failure(transport, .sample()))
    #expect(!failure.isRefused)
    #expect(failure.reason.contains("535"))
    #expect(!failure.reason.contains("hunter2") && !failure.reason.contains("AGFubmEAaHVudGVyMg=="))
    #expect(server.commands.contains("AUTH PLAIN AGFubmEAaHVudGVyMg=="))
    #expect(server.mails.isEmpty)
  }

  @Test func `without STARTTLS there is no mail where it is required, and no password`() async throws {
    let server = try SMTPServer(offers: ["AUTH PLAIN LOGIN"])
    let transport = try mail(server.url, username: "anna", password: "hunter2", startTLS: .required).transport
    let failure = try #require(await failure(transport, .sample()))
    #expect(!failure.isRefused)
    #expect(server.commands.allSatisfy { !$0.hasPrefix("AUTH") && !$0.hasPrefix("MAIL") })
  }

  @Test func `a server that is not there or says nothing makes mail unavailable`() async throws {
    let port = try LoopbackServer.deadPort()
    let dead = try mail("smtp://127.0.0.1:\(port)").transport
    #expect(await failure(dead, .sample())?.isRefused == false)
    let server = try SMTPServer(["end": "silence"])
    let mute = try mail(server.url, timeout: .seconds(5)).transport
    #expect(await failure(mute, .sample())?.isRefused == false)
    #expect(server.mails.count == 1)
  }

  @Test func `a mail can be canceled while the server thinks`() async throws {
    let server = try SMTPServer(["greeting": "silence"])
    let transport = try mail(server.url).transport
    let task = Task { await failure(transport, .sample()) }
    task.cancel()
    #expect(await task.value?.isRefused == false)
  }

  @Test func `the check logs in and sends nothing`() async throws {
    let server = try SMTPServer(offers: ["AUTH PLAIN"])
    try await mail(server.url, username: "anna", password: "hunter2").check()
    #expect(server.commands.contains { $0.hasPrefix("AUTH PLAIN") })
    #expect(server.commands.allSatisfy { !$0.hasPrefix("MAIL") })
    let locked = try SMTPServer(["AUTH": "535 no"], offers: ["AUTH PLAIN"])
    await #expect(throws: MailError.self) {
      try await mail(locked.url, username: "anna", password: "wrong").check()
    }
  }

  @Test(arguments: [
    "http://mail.example", "mail.example:25", "smtp://", "smtp://anna:pw@mail.example", "smtp://mail.example/path",
    "smtp://mail.example?x", "smtp://mail.example\r\nQUIT", "smtp://mail example",
  ])
  func `a URL that is no mail server's is refused at once`(url: String) {
    let refusal = #expect(throws: MailError.self) { _ = try mail(url) }
    #expect(refusal?.isRefused == true)
    #expect(refusal?.reason.contains("pw") == false)
  }

  @Test func `half a login and an unsafe name for EHLO are refused at once`() {
    #expect(throws: MailError.self) { _ = try mail("smtp://mail.example", username: "anna") }
    #expect(throws: MailError.self) { _ = try mail("smtp://mail.example", username: "a\r\nb", password: "c") }
    for name in ["", "a b", "a\r\nMAIL", "a/b", "a?b"] {
      #expect(throws: MailError.self) {
        _ = try SMTPMail(configuration: SMTPConfiguration(url: "smtp://mail.example", ehloName: name))
      }
    }
  }
}
