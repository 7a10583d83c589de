import Foundation
import Testing

/// Keeps the house as `docs/ARCHITECTURE.md` draws it. SwiftPM does not stop an undeclared import of a module that is
/// already reachable; this does.
@Suite struct TidyTests {
  /// Who may import what: the arrows of the design, and each third-party library's homes.
  static let mayImport: [String: Set<String>] = [
    "Domain": ["Crypto", "Foundation"],
    "Transport": ["CCurl", "CCurlShim", "Foundation", "Glibc", "Dispatch"],
    "Stripe": ["Transport", "Domain", "Crypto", "Foundation", "Logging"],
    "Storage": ["Domain", "GRDB", "Foundation", "Logging"],
    "Templates": ["Domain", "Crypto", "Mustache", "Foundation"],
    "Engine": ["Storage", "Stripe", "Templates", "Transport", "Domain", "Crypto", "Foundation", "Logging"],
    "Sandbox": hummingbird.union(["Stripe", "Transport", "Crypto", "Foundation", "Logging"]),
    "Web": hummingbird.union([
      "Engine", "Storage", "Stripe", "Templates", "Transport", "Domain", "Crypto", "Foundation", "Logging",
    ]),
    "dues": [
      "Web", "Sandbox", "Engine", "Storage", "Stripe", "Templates", "Transport", "Domain", "Foundation", "Logging",
      "ArgumentParser", "TOMLKit", "Crypto", "ServiceLifecycle", "UnixSignals", "CMalloc",
    ],
  ]
  /// Hummingbird, and the modules that its own API is made of.
  static let hummingbird: Set<String> = [
    "Hummingbird", "HummingbirdCore", "HTTPTypes", "NIOCore", "NIOPosix", "ServiceLifecycle",
  ]

  @Test(arguments: mayImport.keys.sorted())
  func `a target imports only what it may`(target: String) throws {
    let allowed = try #require(Self.mayImport[target])
    for file in try SourceFile.all(in: "Sources/\(target)") {
      let foreign = file.imports.subtracting(allowed)
      #expect(foreign.isEmpty, "\(file.path) imports \(foreign.sorted())")
    }
  }

  @Test func `SQL stands in Storage only`() throws {
    for file in try SourceFile.all(in: "Sources") where !file.path.contains("Sources/Storage/") {
      #expect(!file.text.contains("SELECT "), "\(file.path)")
      #expect(!file.text.contains("INSERT INTO "), "\(file.path)")
    }
  }

  @Test func `a file is one thing, and fits in a head`() throws {
    for file in try SourceFile.all(in: "Sources") where !file.path.hasSuffix("Schema1.swift") {
      #expect(file.lines <= 300, "\(file.path) has \(file.lines) lines")
    }
  }

  @Test func `no errors are swallowed, nothing is forced, nobody asks the system for time or chance`() throws {
    let everywhere = [" try?", " try!", " as!", "fatalError(", "@unchecked Sendable", "TODO", "FIXME"]
    let onlyInTheProgram = ["Date()", "UUID()", ".random(", "Date.now"]
    for file in try SourceFile.all(in: "Sources") {
      let banned = everywhere + (file.path.contains("Sources/dues/") ? [] : onlyInTheProgram)
      for word in banned where file.code.contains(word) { Issue.record("\(file.path) says \(word)") }
    }
  }

  @Test func `nothing is public: Dues is a program`() throws {
    for file in try SourceFile.all(in: "Sources") {
      #expect(
        file.code.firstMatch(of: /\bpublic\s+(struct|class|enum|func|var|let|init|extension|protocol)\b/) == nil,
        "\(file.path)")
    }
  }
}

/// A Swift file as text, read roughly.
private struct SourceFile {
  let path: String
  let text: String

  var lines: Int { text.split(separator: "\n", omittingEmptySubsequences: false).count }
  /// Without comments.
  var code: String {
    text.split(separator: "\n").filter { !$0.trimmingCharacters(in: .whitespaces).hasPrefix("//") }.joined(
      separator: "\n")
  }
  var imports: Set<String> {
    Set(
      text.matches(of: /(?m)^(?:package |private |internal |@preconcurrency )*import ([A-Za-z_]+)/).map {
        String($0.output.1)
      })
  }

  static func all(in folder: String) throws -> [SourceFile] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let directory = root.appendingPathComponent(folder)
    let files = try #require(FileManager.default.enumerator(at: directory, includingPropertiesForKeys: nil))
    var found: [SourceFile] = []
    for case let file as URL in files where file.pathExtension == "swift" {
      found.append(SourceFile(path: file.path, text: try String(contentsOf: file, encoding: .utf8)))
    }
    #expect(!found.isEmpty)
    return found
  }
}
