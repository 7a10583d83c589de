import Foundation
import TestSupport

@testable import dues

/// A spoiled configuration loads, or is refused with its file and line, and no secret is told.
enum ConfigurationTarget {
  static let file = "/etc/dues/config.toml"
  /// In the environment: whatever refers to it, it is never told, in no part.
  private static let referenced = "sk_test_Kw7; Referenced; kw7"
  /// In the file: never told where it stands as a secret.
  private static let written = "sk_test_WrittenHere0123456789"

  private static let small = """
    [business]
    name = "Acme"
    currency = "gbp"
    time_zone = "Europe/London"
    [stripe]
    secret_key = "\(written)"
    webhook_secrets = ["whsec_a", "env:HOOK"]
    timeout = "80s"
    [server]
    listen = "127.0.0.1:8080"
    public_url = "https://pay.example.com"
    link_secret = "env:SECRET"
    [mail]
    from = '"Acme" <billing@acme.example>'
    smtp_url = "smtps://mail.example.com"
    [recovery]
    reminders = ["3d", "7d"]
    give_up_after = "14d"
    [limits]
    max_charge = {usd = 100000, eur = 5}
    stop_at_decline_rate = 0.5
    """

  /// All that TOML has, though a configuration has not.
  private static let rich = #"""
    a = { b = [1, 2.5, -3e7, 0xFF, 0o17, 0b101, +1_000], "c.d" = inf, e.f = nan, 'g' = [[], [{}, { h = true }]] }
    i = 1979-05-27T07:32:00.999-07:00
    j = [1979-05-27, 07:32:00, 1979-05-27 07:32:00Z, 1979-05-27T00:32:00.5]
    k = """
    several \
        lines \u00E9 \t "quoted" """
    l = '''
    as it 'is' \ '''
    "quoted key" . m.'n' = false # a comment
    [o."p".q]
    r = []
    [[s]]
    t = 0
    [[s]]
    [[s.u]]
    v = "\U0001F600"
    [s.w]
    """#

  static func loadsOrRefuses() throws -> FuzzTarget.Judge {
    let example = try String(contentsOfFile: Repository.path("config.example.toml"), encoding: .utf8)
    let words = [
      "\n[", "]\n", "= ", "\"\"\"", "'''", "[[", "{", "}", "a.b.c = 1\n", ".a", "env:SECRET", "\"env:SECRET\"",
      "\"file:/nowhere\"",
      "1979-05-27T07:32:00Z", "0x1F", "inf", "nan", "true", "# ", "[stripe]\n", "key = \"env:SECRET\"\n", "1_000",
      "\\u0041",
    ]
    let mutations = [small, small, example, rich].map { Mutation([$0], words: words) }
    let environment = ["SECRET": referenced, "HOOK": "whsec_b", "STRIPE_SECRET_KEY": referenced]
    return { input in
      let bytes = input.dice.pick(mutations).input(&input.dice)
      input.note(bytes)
      guard let text = TOMLInput.text(bytes) else { return }
      do {
        let configuration = try Configuration.parse(text, file: file, environment: environment)
        input.isGood = true
        try TOMLInput.check(configuration.warnings, file: file, text: text)
        try tellsNothing("\(configuration)", of: text)
      } catch let error as ConfigurationError {
        try TOMLInput.check(error.problems, file: file, text: text)
        try tellsNothing(error.description, of: text)
      }
    }
  }

  private static func tellsNothing(_ said: String, of text: String) throws {
    for part in referenced.split(separator: "; ") {
      try require(!said.contains(part), "it tells a secret of the environment: \(said)")
    }
    // Spoiled so that it is a key, a name or another setting, nobody can know that it is one.
    if text.contains("\nsecret_key = \"\(written)\"\n"), text.components(separatedBy: written).count == 2 {
      try require(!said.contains(written), "it tells a secret of the file: \(said)")
    }
  }
}

/// What configuration and jobs have in common.
enum TOMLInput {
  /// As ``TOMLFile`` takes it; `nil` where that refuses the file as a whole.
  static func text(_ bytes: [UInt8]) -> String? {
    bytes.contains(0) ? nil : String(bytes: bytes, encoding: .utf8)
  }

  static func check(_ problems: [ConfigurationProblem], file: String, text: String) throws {
    let lines = text.utf8.count { $0 == UInt8(ascii: "\n") } + 1
    for problem in problems {
      let words = problem.description
      try require(problem.file == file && words.hasPrefix(file), "no file: \(words)")
      try require(!problem.problem.isEmpty && !problem.remedy.isEmpty, "no words: \(words)")
      try require(problem.line.map { (1...lines).contains($0) } ?? true, "no such line: \(words)")
      try require(problem.line != nil || problem.isAboutWhatIsNotThere, "no line: \(words)")
      try require(words.utf8.count < 4 * text.utf8.count + 4000, "\(words.utf8.count) bytes of words")
    }
  }
}

extension ConfigurationProblem {
  /// A key that is missing stands on no line.
  fileprivate var isAboutWhatIsNotThere: Bool { key != nil && problem != "unknown key" }
}
