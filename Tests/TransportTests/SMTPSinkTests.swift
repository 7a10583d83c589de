import Testing

@testable import Transport

struct SMTPSinkTests {
  private static let session = "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"

  @Test(arguments: [1, 2, 3, 7, 1_000])
  func `a session in pieces of any size is the same session`(size: Int) {
    var sink = SMTPSink()
    let bytes = Array((Self.session + "A: b\r\n\r\n..\r\n...x\r\ny\nz\r\n.\r\nQUIT\r\n").utf8)
    var answers = ""
    for start in stride(from: 0, to: bytes.count, by: size) {
      answers += sink.receive(bytes[start..<min(start + size, bytes.count)])
    }
    let codes = answers.split(separator: "\r\n").map { $0.prefix(3) }
    #expect(codes == ["250", "250", "250", "354", "250", "221"])
    #expect(sink.mail.map { String(decoding: $0, as: UTF8.self) } == "A: b\r\n\r\n.\r\n..x\r\ny\nz\r\n")
    #expect(sink.isOver)
  }

  @Test func `a mail without its end is none`() {
    var sink = SMTPSink()
    _ = sink.receive((Self.session + "A: b\r\n\r\nhalf").utf8)
    #expect(sink.mail == nil)
    #expect(!sink.isOver)
  }

  @Test func `a second mail replaces the first`() {
    var sink = SMTPSink()
    _ = sink.receive((Self.session + "one\r\n.\r\n" + Self.session + "two\r\n.\r\n").utf8)
    #expect(sink.mail.map { String(decoding: $0, as: UTF8.self) } == "two\r\n")
  }
}
