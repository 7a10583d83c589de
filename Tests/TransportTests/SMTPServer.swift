import Foundation

/// A mail server in this process: says yes to everything except where its script says otherwise.
final class SMTPServer: Sendable {
  /// Answers by the beginning of a command, or `greeting`, `end` for the end of a mail; the longest match counts.
  typealias Script = [String: String]

  private let server: LoopbackServer
  private let commandNotes = Notes<String>()
  private let mailNotes = Notes<[String]>()

  init(_ script: Script = [:], offers: [String] = []) throws {
    server = try LoopbackServer { [commandNotes, mailNotes] connection, _ in
      func answer(_ command: String, otherwise: String) -> String {
        let key = script.keys.filter { command.hasPrefix($0) }.max { $0.count < $1.count }
        return key.flatMap { script[$0] } ?? otherwise
      }
      func reply(_ command: String, otherwise: String) -> Bool {
        let words = answer(command, otherwise: otherwise)
        guard words != "hang up" else { return false }
        if words == "silence" { connection.waitForEnd() }
        return connection.say(words + "\r\n")
      }

      guard reply("greeting", otherwise: "220 test") else { return }
      while let command = connection.line() {
        commandNotes.add(command)
        let lines = ["test"] + offers
        let greeting = (lines.dropLast().map { "250-\($0)" } + ["250 \(lines[lines.count - 1])"])
          .joined(separator: "\r\n")
        let usual =
          switch command.prefix(4) {
          case "EHLO": greeting
          case "DATA": "354 go ahead"
          case "AUTH": "235 welcome"
          case "QUIT": "221 bye"
          default: "250 ok"
          }
        guard reply(command, otherwise: usual) else { return }
        guard command == "DATA", answer(command, otherwise: usual).hasPrefix("354") else { continue }
        var mail: [String] = []
        while let line = connection.line(), line != "." {
          mail.append(line.hasPrefix(".") ? String(line.dropFirst()) : line)
        }
        mailNotes.add(mail)
        guard reply("end", otherwise: "250 taken") else { return }
      }
    }
  }

  var url: String { "smtp://127.0.0.1:\(server.port)" }
  var connections: Int { server.connections }
  var commands: [String] { commandNotes.all }
  /// The mails that came to their end, in lines, without the dots that SMTP adds.
  var mails: [[String]] { mailNotes.all }
}
