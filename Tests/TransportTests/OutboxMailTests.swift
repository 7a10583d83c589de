import Foundation
import Testing

@testable import Transport

final class OutboxMailTests {
  private let directory = NSTemporaryDirectory() + "outbox-\(UUID().uuidString)"

  deinit {
    do { try FileManager.default.removeItem(atPath: directory) } catch { return }
  }

  private var files: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: directory).sorted() }
  }

  private func contents(_ file: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: "\(directory)/\(file)")), as: UTF8.self)
  }

  @Test func `a mail becomes one file, named by date and Message-ID, that reads back as it was`() async throws {
    let message = MailMessage.sample(subject: "Zahlung über 10,99 €", text: "Grüße,\n.\n..two dots\nthe end")
    try await OutboxMail(directory: directory).transport.send(message)
    #expect(try files == ["20260831T090000Z-not_1@acme.example.eml"])
    let parsed = ParsedMail(try contents(files[0]))
    #expect(ParsedMail.decoded(parsed["Subject"] ?? "") == "Zahlung über 10,99 €")
    #expect(parsed["Message-ID"] == "<not_1@acme.example>")
    #expect(parsed.parts["text/plain; charset=utf-8"] == "Grüße,\r\n.\r\n..two dots\r\nthe end")
    #expect(parsed.parts["text/html; charset=utf-8"] == "<p>Grüße</p>\r\n")
  }

  /// Apart from the boundary, which libcurl draws for each mail.
  @Test func `the file is what a mail server gets, byte for byte`() async throws {
    let message = MailMessage.sample(text: (0..<2_000).map { ".\($0) é" }.joined(separator: "\n"))
    try await OutboxMail(directory: directory).transport.send(message)
    let server = try SMTPServer()
    let smtp = try SMTPMail(configuration: SMTPConfiguration(url: server.url, startTLS: .off))
    try await smtp.transport.send(message)
    func withoutBoundary(_ mail: String) throws -> String {
      let type = try #require(ParsedMail(mail)["Content-Type"])
      let boundary = try #require(type.components(separatedBy: "boundary=").last)
      return mail.replacingOccurrences(of: boundary.trimmingCharacters(in: ["\""]), with: "BOUNDARY")
    }
    let sent = try #require(server.mails.first).map { $0 + "\r\n" }.joined()
    #expect(try withoutBoundary(contents(files[0])) == withoutBoundary(sent))
  }

  @Test func `the same notice again replaces its file, whatever its date`() async throws {
    let transport = OutboxMail(directory: directory).transport
    try await transport.send(.sample(text: "first"))
    try await transport.send(.sample(text: "second"))
    #expect(try files.count == 1)
    try await transport.send(.sample(text: "third", date: "Tue, 01 Sep 2026 09:00:00 +0000"))
    #expect(try files == ["20260901T090000Z-not_1@acme.example.eml"])
    #expect(try contents(files[0]).contains("third"))
    try await transport.send(.sample(text: "other", messageID: "<x-not_1@acme.example>"))
    try await transport.send(.sample(text: "other", messageID: "<1@acme.example>"))
    #expect(try files.count == 3)
  }

  @Test func `many mails at once are as many files`() async throws {
    let transport = OutboxMail(directory: directory).transport
    await withTaskGroup(of: MailError?.self) { group in
      for number in 0..<50 {
        group.addTask { await failure(transport, .sample(messageID: "<not_\(number)@acme.example>")) }
      }
      for await failure in group { #expect(failure == nil) }
    }
    #expect(try files.count == 50)
    #expect(try files.allSatisfy { $0.hasSuffix(".eml") })
  }

  @Test func `a Message-ID cannot lead out of the directory`() async throws {
    try await OutboxMail(directory: directory).transport.send(.sample(messageID: "</../../etc/x*@a>"))
    #expect(try files == ["20260831T090000Z-%2F..%2F..%2Fetc%2Fx%2A@a.eml"])
  }

  @Test func `a missing directory is made, with those above it`() async throws {
    let outbox = OutboxMail(directory: directory + "/deep/er")
    try outbox.check()
    try await outbox.transport.send(.sample())
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/deep/er").count == 1)
  }

  @Test func `a directory that is there keeps its permissions`() async throws {
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try await OutboxMail(directory: directory).transport.send(.sample())
    let attributes = try FileManager.default.attributesOfItem(atPath: directory)
    #expect(attributes[.posixPermissions] as? Int == 0o700)
  }

  @Test func `a directory that cannot be written is unavailable and named`() async throws {
    let file = directory + ".file"
    try Data().write(to: URL(filePath: file))
    defer { unlink(file) }
    let outbox = OutboxMail(directory: file + "/outbox")
    let failure = try #require(await failure(outbox.transport, .sample()))
    #expect(!failure.isRefused)
    #expect(failure.reason.contains(file + "/outbox"))
    #expect(throws: MailError.self) { try outbox.check() }
  }

  @Test func `an unsafe mail is refused and leaves no file`() async throws {
    let outbox = OutboxMail(directory: directory)
    #expect(await failure(outbox.transport, .sample(subject: "a\r\nBcc: b@c.example"))?.isRefused == true)
    #expect(!FileManager.default.fileExists(atPath: directory))
  }
}
