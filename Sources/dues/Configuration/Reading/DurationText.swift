import Domain

/// Durations as a configuration writes them: `30s`, `15m`, `24h`, `3d`.
enum DurationText {
  /// Ten years: more is a typing mistake, and sums of a few still fit anywhere.
  static let longest = Duration.days(3650)

  static func parse(_ text: String) throws(ValueProblem) -> Duration {
    let example = "write \"80s\", \"15m\", \"24h\" or \"3d\""
    let digits = text.dropLast()
    guard let unit = text.last, let seconds = [Character("s"): 1, "m": 60, "h": 3600, "d": 86_400][unit],
      !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber })
    else { throw ValueProblem("is not a duration", example) }
    guard let count = Int64(digits), count <= longest.wholeSeconds / Int64(seconds) else {
      throw ValueProblem("is longer than ten years", example)
    }
    guard count > 0 else { throw ValueProblem("is no time at all", example) }
    return .seconds(count * Int64(seconds))
  }

  /// The shortest way to write a duration of whole seconds.
  static func text(_ duration: Duration) -> String {
    let seconds = duration.wholeSeconds
    for (unit, length) in [("d", Int64(86_400)), ("h", 3600), ("m", 60)] where seconds % length == 0 && seconds > 0 {
      return "\(seconds / length)\(unit)"
    }
    return "\(seconds)s"
  }
}
