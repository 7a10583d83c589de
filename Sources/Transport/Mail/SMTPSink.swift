/// A mail server that says yes to everything and keeps the last mail, byte for byte.
///
/// A state machine without input or output of its own: feed it what arrives, send what it answers.
struct SMTPSink {
  static let greeting = "220 outbox\r\n"

  /// The last mail that came to its end, without the dots that SMTP adds.
  private(set) var mail: [UInt8]?
  private(set) var isOver = false
  private var unread: [UInt8] = []
  /// Gathers the mail between DATA and its end.
  private var data: [UInt8] = []
  private var isInData = false

  /// Takes what arrived, in pieces of any size, and returns what is to be answered.
  mutating func receive(_ bytes: some Sequence<UInt8>) -> String {
    unread += bytes
    var answer = ""
    var start = 0
    var search = 0
    while !isOver, let end = unread[search...].firstIndex(of: 0x0a) {
      search = end + 1
      guard end > start, unread[end - 1] == 0x0d else { continue }
      answer += take(unread[start..<(end - 1)])
      start = search
    }
    unread.removeFirst(start)
    return answer
  }

  private mutating func take(_ line: ArraySlice<UInt8>) -> String {
    isInData ? takeMail(line) : takeCommand(line)
  }

  private mutating func takeMail(_ line: ArraySlice<UInt8>) -> String {
    let isStuffed = line.first == UInt8(ascii: ".")
    guard isStuffed, line.count == 1 else {
      data += isStuffed ? line.dropFirst() : line
      data += [0x0d, 0x0a]
      return ""
    }
    mail = data
    isInData = false
    return "250 kept\r\n"
  }

  private mutating func takeCommand(_ line: ArraySlice<UInt8>) -> String {
    switch String(decoding: line.prefix(4), as: UTF8.self).uppercased() {
    case "EHLO", "HELO": return "250 outbox\r\n"
    case "DATA":
      data = []
      isInData = true
      return "354 go ahead\r\n"
    case "QUIT":
      isOver = true
      return "221 bye\r\n"
    default: return "250 ok\r\n"
    }
  }
}
