import Domain
import Foundation
import Testing

/// Our due dates against those of python-dateutil: `Tests/Tools/make-due-dates.py` makes the table.
struct DueDatesTests {
  @Test func `every due date of the table is ours`() throws {
    let rows = try Self.table()
    #expect(rows.count > 3000)
    #expect(Set(rows.map(\.zone)).count >= 20)
    for row in rows {
      let schedule = Schedule(
        every: try Interval(parsing: row.every), at: try LocalTime(parsing: row.at),
        zone: try ScheduleZone(identifier: row.zone))
      let anchor = try CivilDate(parsing: row.anchor)
      let period = schedule.period(row.index, from: anchor)
      #expect(period.date.description == row.date, "\(row)")
      #expect(period.dueAt.description == row.dueAt, "\(row)")
    }
  }

  private struct Row {
    var zone, every, at, anchor: String
    var index: Int
    var date, dueAt: String
  }

  private static func table(file: String = #filePath) throws -> [Row] {
    let url = URL(filePath: file).deletingLastPathComponent().appending(path: "../Fixtures/due-dates.csv")
    let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
    #expect(lines.first == "zone,every,at,anchor,index,date,due_at")
    return try lines.dropFirst().map { line in
      let cells = line.split(separator: ",").map(String.init)
      try #require(cells.count == 7, "\(line)")
      return Row(
        zone: cells[0], every: cells[1], at: cells[2], anchor: cells[3], index: try #require(Int(cells[4])),
        date: cells[5], dueAt: cells[6])
    }
  }
}
