/// A time on the clock on the wall, such as 09:00.
package struct LocalTime: Sendable, Hashable {
  /// 0 to 23.
  package let hour: Int
  /// 0 to 59.
  package let minute: Int

  /// `nil` for a time that no clock shows.
  package init?(hour: Int, minute: Int) {
    guard (0...23).contains(hour), (0...59).contains(minute) else { return nil }
    self.hour = hour
    self.minute = minute
  }

  /// Reads exactly `09:00`, from 00:00 to 23:59.
  package init(parsing text: String) throws(LocalTimeError) {
    let fields = text.split(separator: ":", omittingEmptySubsequences: false)
    guard fields.map(\.utf8.count) == [2, 2], let hour = number(fields[0]), let minute = number(fields[1]),
      let time = LocalTime(hour: hour, minute: minute)
    else { throw LocalTimeError(text: text) }
    self = time
  }
}

extension LocalTime {
  package static let noon: LocalTime = {
    guard let noon = LocalTime(hour: 12, minute: 0) else { preconditionFailure("12:00 is on every clock") }
    return noon
  }()
}

/// What is stored and written in job files: `09:00`.
extension LocalTime: CustomStringConvertible {
  package var description: String { "\(padded(hour, 2)):\(padded(minute, 2))" }
}

extension LocalTime: Codable {
  package init(from decoder: any Decoder) throws {
    try self.init(parsing: decoder.singleValueContainer().decode(String.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// A text is not a local time.
package struct LocalTimeError: Error, Hashable, CustomStringConvertible {
  package let text: String

  package var description: String {
    "\"\(text)\" is not a time of day; write hours and minutes from \"00:00\" to \"23:59\", such as \"09:00\""
  }
}
