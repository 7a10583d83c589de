import Domain
import Foundation

/// The jobs of a directory, and what is wrong with the files that are not among them.
struct JobCatalog: Sendable, Equatable {
  /// By name.
  var jobs: [String: Job]
  /// One for each mistake, in the order of files and lines. A file with any holds its own job and no other.
  var broken: [JobFileError]
  /// Allowed, but hardly meant; for `dues check`.
  var warnings: [ConfigurationProblem]
  /// Why the directory could not be read; `nil` if it could.
  var unreadable: ConfigurationProblem?

  /// What is wrong with one job's file; empty for a job that is fine, or has no file.
  func errors(of name: String) -> [JobFileError] { broken.filter { $0.name == name } }
}

/// One mistake in a job's file.
struct JobFileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The job's: the file's without `.toml`.
  var name: String
  var file: String
  var line: Int?
  /// The whole sentence, place included.
  var text: String

  init(name: String, problem: ConfigurationProblem) {
    self.name = name
    file = problem.file ?? name
    line = problem.line
    text = problem.description
  }

  var description: String { text }
}

/// Reads `jobs/NAME.toml`.
enum JobFiles {
  /// Reads every `.toml` file of a directory; its subdirectories are not jobs.
  static func load(directory: String, configuration: Configuration) -> JobCatalog {
    var catalog = JobCatalog(jobs: [:], broken: [], warnings: [], unreadable: nil)
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: directory)
    } catch {
      catalog.unreadable = ConfigurationProblem(
        file: directory, problem: "cannot be read (\(FilePlace.reason(error)))",
        remedy: "make this directory, or name another in paths.jobs")
      return catalog
    }
    for file in names.sorted() where file.hasSuffix(".toml") && !file.hasPrefix(".") {
      let name = String(file.dropLast(".toml".count))
      let path = FilePlace.resolved(file, in: directory)
      do throws(ConfigurationError) {
        let text = try TOMLFile.text(of: path)
        let (job, warnings) = try parse(text, name: name, file: path, configuration: configuration)
        catalog.jobs[name] = job
        catalog.warnings += warnings
      } catch {
        catalog.broken += error.problems.map { JobFileError(name: name, problem: $0) }
      }
    }
    return catalog
  }

  /// Reads one job from the text of its file.
  static func parse(
    _ text: String, name: String, file: String, configuration: Configuration
  ) throws(ConfigurationError) -> (job: Job, warnings: [ConfigurationProblem]) {
    guard !name.isEmpty, name.allSatisfy(isAllowedInName) else {
      throw ConfigurationError(
        ConfigurationProblem(
          file: file, problem: "\"\(name)\" is not a name for a job",
          remedy: "rename the file: lower-case letters, digits, _ and - before .toml"))
    }
    let root = try TOMLFile.read(text, file: file, environment: nil)
    let job = job(named: name, reading: root, configuration: configuration)
    if let error = root.findings.error() { throw error }
    guard let job else { preconditionFailure("job \(name) is neither read nor refused") }
    return (job, root.findings.warnings)
  }

  private static func isAllowedInName(_ letter: Character) -> Bool {
    letter.isASCII && (letter.isLowercase || letter.isNumber || letter == "_" || letter == "-")
  }

  /// `nil` only if the findings say why.
  private static func job(named name: String, reading root: TableReader, configuration: Configuration) -> Job? {
    let description = root.required("description", "what the customer reads", example: "\"Gold membership\"") {
      root.value($0, parseDescription)
    }
    let money = money(root, currency: configuration.business.currency)
    let suffix = root.value("statement_descriptor_suffix", parseDescriptorSuffix)
    let table = root.table("schedule")
    let schedule = schedule(table, zone: configuration.business.zone)
    let missed = table.choice("missed", Job.Missed.self) ?? .oneByOne
    table.finish()
    let policy = PolicyReading.policy(
      retry: root.table("retry"), recovery: root.table("recovery"), over: configuration.policy)
    root.finish()
    guard let description, let money, let schedule else { return nil }
    return Job(
      name: name, description: description, money: money, statementDescriptorSuffix: suffix, schedule: schedule,
      missed: missed, policy: policy)
  }
}

// MARK: - Values

extension JobFiles {
  private static func money(_ root: TableReader, currency fallback: Currency) -> Money? {
    let currency = root.optional("currency", default: fallback) { root.currency($0) }
    let amount = root.required("amount", "in the currency's minor units", example: "1099") {
      root.integer($0, in: Int.min...Int.max)
    }
    guard let amount, let currency else { return nil }
    do throws(MoneyError) {
      return try Money(validating: Int64(amount), currency: currency)
    } catch {
      let problem = ValueProblem(sentence: error)
      root.report("amount", problem.problem, problem.remedy)
      return nil
    }
  }

  private static func schedule(_ table: TableReader, zone fallback: ScheduleZone) -> Schedule? {
    let zone = table.optional("time_zone", default: fallback) { table.zone($0) }
    let at = table.optional("at", default: LocalTime(hour: 9, minute: 0)) { table.value($0, parseTime) }
    if table.has("rrule") {
      table.report("rrule", "recurrence rules are not supported yet", "write every = \"1 month\" or the like instead")
    }
    let every: Interval?
    if table.has("rrule"), !table.has("every") {
      every = nil
    } else {
      every = table.required("every", "how often", example: "\"1 month\"") { table.value($0, parseInterval) }
    }
    table.findings.noteKnown(table.path + ["rrule"])
    guard let every, let at, let zone else { return nil }
    return Schedule(every: every, at: at, zone: zone, end: end(table))
  }

  /// At most ten thousand periods: as good as none, and no number that overflows.
  private static func end(_ table: TableReader) -> ScheduleEnd? {
    let count = table.integer("count", in: 1...10_000)
    let until = table.value("until") { text throws(ValueProblem) in
      do { return try CivilDate(parsing: text) } catch {
        throw ValueProblem("is not a date", "write the last day on which something may be due, such as \"2027-12-31\"")
      }
    }
    if table.has("count"), table.has("until") {
      table.report("until", "stands beside count, and only one of them can end the schedule", "leave one of them out")
    }
    return count.map { .count($0) } ?? until.map { .until($0) }
  }

  private static func parseInterval(_ text: String) throws(ValueProblem) -> Interval {
    do throws(IntervalError) { return try Interval(parsing: text) } catch { throw ValueProblem(sentence: error) }
  }

  private static func parseTime(_ text: String) throws(ValueProblem) -> LocalTime {
    do throws(LocalTimeError) { return try LocalTime(parsing: text) } catch { throw ValueProblem(sentence: error) }
  }

  /// Stripe takes 1000 characters; a line of a mail has room for far fewer.
  private static func parseDescription(_ text: String) throws(ValueProblem) -> String {
    guard text.count <= 250 else { throw ValueProblem("is longer than 250 characters", "write a line") }
    let isPrintable = text.unicodeScalars.allSatisfy { $0.value > 31 && $0.value != 127 }
    guard isPrintable, text.contains(where: { !$0.isWhitespace }) else {
      throw ValueProblem("is not a line of text", "write what the customer reads, such as \"Gold membership\"")
    }
    return text
  }

  /// Stripe's rule (docs.stripe.com/get-started/account/statement-descriptors).
  private static func parseDescriptorSuffix(_ text: String) throws(ValueProblem) -> String {
    let isPlain = text.unicodeScalars.allSatisfy { (32...126).contains($0.value) }
    guard isPlain, !text.contains(where: { "<>\\'\"*".contains($0) }), text.count <= 22,
      text.contains(where: \.isLetter)
    else {
      throw ValueProblem(
        "is not a statement descriptor suffix",
        "write at most 22 plain letters, digits and spaces, at least one letter, none of < > \\ ' \" *")
    }
    return text
  }
}

extension TableReader {
  /// A value that may be left out. One that is written and wrong is not replaced.
  fileprivate func optional<T>(_ key: String, default standard: T?, _ read: (String) -> T?) -> T? {
    let value = read(key)
    return has(key) ? value : standard
  }

  /// A value that must be there.
  fileprivate func required<T>(_ key: String, _ meaning: String, example: String, _ read: (String) -> T?) -> T? {
    let value = read(key)
    if !has(key) { report(key, "is missing (\(meaning))", "write \(key) = \(example)") }
    return value
  }
}
