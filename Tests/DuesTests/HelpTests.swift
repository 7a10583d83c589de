import ArgumentParser
import TestSupport
import Testing

@testable import dues

/// What every command says of itself, as text files beside this one.
@Suite struct HelpTests {
  struct Command: Sendable, CustomTestStringConvertible {
    /// `charge enqueue`; empty for the program itself.
    let words: String
    let type: any ParsableCommand.Type

    var testDescription: String { "dues \(words)" }
  }

  static let all = below(Dues.self, words: [])

  private static func below(_ type: any ParsableCommand.Type, words: [String]) -> [Command] {
    [Command(words: words.joined(separator: " "), type: type)]
      + type.configuration.subcommands.flatMap { below($0, words: words + [$0.configuration.commandName ?? "?"]) }
  }

  @Test(arguments: all)
  func `every command explains itself with an example, in 80 columns`(command: Command) throws {
    let text = Dues.helpMessage(for: command.type, columns: 80)
    #expect(text.contains("Example:"))
    #expect(text.contains("\n  dues \(command.words)"), "the example is not of this command")
    for line in text.split(separator: "\n") where !line.hasPrefix("USAGE:") {
      #expect(line.count <= 80, "\(line)")
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let example = lines.drop { $0 != "Example:" }.dropFirst().prefix { !$0.isEmpty }
    #expect(example.allSatisfy { $0.hasPrefix("  ") }, "a line of the example is too long to be copied")
    let name = command.words.isEmpty ? "dues" : command.words.replacing(" ", with: "-")
    try assertSnapshot(text + "\n", named: "help/\(name).txt")
  }

  @Test func `no two commands have the same words`() {
    #expect(Set(Self.all.map(\.words)).count == Self.all.count)
    #expect(Self.all.count > 25)
  }
}
