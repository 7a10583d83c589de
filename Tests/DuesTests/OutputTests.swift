import Domain
import Engine
import Testing

@testable import dues

@Suite struct OutputTests {
  @Test func `a table is aligned, and its last column is cut to 80`() {
    var table = TextTable([.init("CHARGE"), .init("AMOUNT", .right), .init("FOR")])
    table.add(["chg_1", "10.99 USD", "Gold"])
    table.add(["chg_22", "5 JPY", String(repeating: "long ", count: 20)])
    #expect(table.lines[0] == "CHARGE     AMOUNT  FOR")
    #expect(table.lines[1] == "chg_1   10.99 USD  Gold")
    #expect(table.lines[2].count == 80 && table.lines[2].hasSuffix("…"))
    #expect(TextTable([.init("NONE")]).lines.isEmpty)
  }

  @Test func `facts are aligned, absent ones left out, long ones wrapped under their own column`() {
    var sheet = FactSheet()
    sheet.add("id", "chg_1")
    sheet.add("nothing", nil)
    sheet.add("held because", Array(repeating: "reason", count: 14).joined(separator: " "))
    #expect(sheet.lines[0] == "id            chg_1")
    #expect(sheet.lines.count == 3)
    #expect(sheet.lines[2].hasPrefix("              reason"))
    #expect(sheet.lines.allSatisfy { $0.count <= 80 })
  }

  @Test func `a tick is told in a sentence`() {
    var report = TickReport()
    report.durationMs = 3
    #expect(TickSummary(report: report).text == "nothing to do (3 ms)")
    report.planned = 2
    report.attempted = 2
    report.paid = 1
    report.declined = 1
    report.linksCreated = 1
    report.emailsSent = 2
    #expect(TickSummary(report: report).text == "2 planned, 2 attempted: 1 paid, 1 declined; 1 link, 2 mails (3 ms)")
  }

  @Test func `documents are one line with keys in order and plain slashes`() throws {
    #expect(try JSONText.of(["url": "https://a/b", "a": "ü"]) == #"{"a":"ü","url":"https://a/b"}"#)
  }

  @Test func `findings of a check say what to mend`() {
    #expect(Checkup.Finding(what: "jobs", state: .ok, text: "gold").line == "ok       jobs: gold")
    #expect(Checkup.Finding(what: "jobs", state: .mend, text: "x").line == "mend:    jobs: x")
  }
}
