import Testing

@testable import dues

/// What would end the program inside TOMLKit is refused before, as any other mistake is.
struct ConfigurationHazardTests {
  @Test(arguments: [
    (String(repeating: "a.", count: 100_000) + "a = 1", 1),
    ("\n\n[" + String(repeating: "a.", count: 100_000) + "a]", 3),
    ("x = \"\"\"\n\\\n...................\n\"\"\"\ny = {" + String(repeating: "'a'.", count: 100_000) + "a = 1}", 5),
    ("# " + String(repeating: ".", count: 50) + "\n" + String(repeating: "\"a\" . ", count: 17) + "a = 1", 2),
  ])
  func `a key of many parts is refused with its line`(text: String, line: Int) {
    #expect(
      Configuration.complaint(of: text)
        == "config.toml:\(line): a key is nested deeper than 16; write fewer names with dots")
  }

  @Test(arguments: ["[", "{a = "]) func `a list or inline table without end is refused`(open: String) {
    let complaint = Configuration.complaint(of: "a = " + String(repeating: open, count: 10_000))
    #expect(complaint.hasPrefix("config.toml:1:"), "\(complaint.prefix(200))")
  }

  @Test(arguments: [
    "\"....................\"", "'....................'", "'''\n....................\n'''",
    "\"\\\"....................\"",
    "\"\"\"\n\\\"\"\"....................\"\"\"\"\"",
    "[\"10.0.0.1\", \"10.0.0.2\", \"10.0.0.3\", \"10.0.0.4\", \"10.0.0.5\"]",
    "[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]",
    "1 # ....................",
  ])
  func `dots in texts, numbers and comments are no depth`(value: String) {
    #expect(TOMLHazards.first(in: "a = \(value)\nb = 1\n") == nil)
  }

  @Test(arguments: [
    ("\n[[[recovery]\n", "config.toml:2: a table's header has no name; write it as [name]"),
    ("[=]", "config.toml:1: a table's header has no name"), ("[\n]", "config.toml:1: a table's header has no name"),
    (" [ é]", "config.toml:1: a table's header has no name"), ("[[ #", "config.toml:1: a table's header has no name"),
    ("x = 1979-05-27 0\n", "config.toml:1: a value is a TOML date; write it in quotes"),
    ("x = [\n1979-05-27 0, 1]", "config.toml:2: a value is a TOML date"),
    ("x = 1979-05-2_7 0", "config.toml:1: a value is a TOML date"),
    ("x = [1,}]", "config.toml:1: a list goes on without a value; write it as [\"…\", \"…\"]"),
    ("x = [ # {\n}", "config.toml:2: a list goes on without a value"),
    ("x = [{a = [1,\u{2028}2]}]", "config.toml:1: a list goes on without a value"),
    ("x = [\u{85}]", "config.toml:1: a list goes on without a value"),
    ("x = {a = 1,}", "config.toml:1:12: is not TOML"),
    ("x = [[1, {a = [2]}], 3,]", "config.toml:1: x: unknown key"),
    ("[]", "config.toml:1:2: is not TOML"), ("[", "config.toml:1:2: is not TOML"), ("x = [\n[=]]", "config.toml:2:"),
    ("x = 1979-05-27T:7", "config.toml:1: a value is a TOML date"), ("x = 07:32:00", "config.toml:1: x: unknown key"),
    ("2027-03 = -1e-7 # 1-1", "config.toml:1: 2027-03: unknown key"), ("[1-2.3-4]", "config.toml:1: 1-2: unknown key"),
    ("x = [{1-2 = 3},\n4-5]", "config.toml:2: a value is a TOML date"), ("x = 1e-5", "config.toml:1: x: unknown key"),
    ("x = [\n[1],\n['a']]", "config.toml:1: x: unknown key"), ("[[ \"a\" ]]", "config.toml:1: a: unknown key"),
  ])
  func `what ends the parser is refused like any other mistake`(text: String, complaint: String) {
    #expect(Configuration.complaint(of: text).hasPrefix(complaint), "\(Configuration.complaint(of: text))")
  }

  @Test(arguments: [
    ("business.currency", "\"pounds…\" is not a currency"), ("mail.smtp_url", "\"pounds…\""),
    ("stripe.timeout", "\"pounds…\" is not a duration"), ("stripe.max_in_flight", "\"pounds…\" is a text"),
    ("stripe.ca_file", "pounds…\" cannot be read"), ("retry.delays", "\"pounds…\" is a text, not a list"),
  ])
  func `a quote that is not closed tells nothing of the lines behind it`(key: String, words: String) {
    for start in ["pounds", "env:pounds"] {
      let complaint = Configuration.complaint(of: "\(key) = \"\"\"\(start)\nsecret_key = 'sk_test_hidden'\n\"\"\"")
      #expect(complaint.contains(words.replacing("pounds", with: start)), "\(complaint)")
      #expect(!complaint.contains("sk_test"), "\(complaint)")
    }
  }

  @Test func `a value that is referred to is told in no part`() {
    let complaint = Configuration.complaint(
      of: "business.currency = \"env:HIDDEN\"", environment: ["HIDDEN": "first; second; third"])
    #expect(complaint.contains("the value of env:HIDDEN is not a currency"))
    #expect(!["first", "second", "third"].contains { complaint.contains($0) }, "\(complaint)")
  }
}
