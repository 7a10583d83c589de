import Testing

@testable import dues

/// Where keys stand in a document.
struct ConfigurationLineTests {
  private static let document = #"""
    # [not.a.table]
    top = "a # no comment"   # b = 1
    [one]
    a = """
    b = 1
    "quoted" \""" c = 2
    """"
    'b c' = 'x\'
    d.e = 1 # f = 2
    list = [ # [three]
      1, [2,
      3], # 4
      { g = "]", h = [
        5] },
    ]
    empty = []
    [ two . "three" ]
    t = { u = 1, v.w = '''
    x = 1''' }
    z = 2020-01-01T00:00:00Z
    [[many]]
    y = 1
    """#

  @Test(arguments: [
    ("top", 2), ("one", 3), ("one.a", 4), ("one.b c", 8), ("one.d", 9), ("one.d.e", 9), ("one.list", 10),
    ("one.list.0", 11), ("one.list.1", 11), ("one.list.1.0", 11), ("one.list.1.1", 12), ("one.list.2", 13),
    ("one.list.2.g", 13), ("one.list.2.h.0", 14), ("one.empty", 16), ("two.three", 17), ("two.three.t.u", 18),
    ("two.three.t.v.w", 18), ("two.three.z", 20), ("many", 21), ("many.y", 22),
    // What is not there has the line of what is around it.
    ("one.list.7", 10), ("one.c", 3), ("two.three.x", 17),
  ])
  func `every key has its line`(key: String, line: Int) throws {
    _ = try TOMLNode(document: Self.document)
    #expect(KeyLines(document: Self.document).line(of: key.split(separator: ".").map(String.init)) == line)
  }

  @Test func `what is nowhere has no line`() {
    #expect(KeyLines(document: "a = 1").line(of: ["b"]) == nil)
    #expect(KeyLines(document: "").line(of: ["b"]) == nil)
  }

  @Test func `Windows line ends and a byte order mark change nothing`() {
    let lines = KeyLines(document: "\u{FEFF}[a]\r\nb = 1\r\n\r\nc = [\r\n2]\r\n")
    #expect(lines.line(of: ["a"]) == 1)
    #expect(lines.line(of: ["a", "b"]) == 2)
    #expect(lines.line(of: ["a", "c", "0"]) == 5)
  }

  @Test(arguments: ["[", "a = [", "a = {", "a = \"", "a = \"\"\"", "a", "a = [[{b = '", "]", "= =", "\"\\"])
  func `a document that ends too early is scanned to its end`(text: String) {
    #expect(KeyLines(document: text).line(of: ["nowhere"]) == nil)
  }

  @Test(arguments: [("30s", 30), ("15m", 900), ("24h", 86_400), ("3d", 259_200), ("3650d", 315_360_000)])
  func `durations are a number and a unit`(text: String, seconds: Int64) throws {
    #expect(try DurationText.parse(text) == .seconds(seconds))
  }

  @Test(arguments: ["", "s", "1", "1w", "1.5h", "+1s", "1 d", "٣d", "3651d", "0d", "1h30m"])
  func `anything else is no duration`(text: String) {
    #expect(throws: ValueProblem.self) { try DurationText.parse(text) }
  }
}
