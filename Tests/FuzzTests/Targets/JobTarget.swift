import Domain
import Foundation
import TestSupport

@testable import dues

/// A spoiled job file is a job that can be charged, or is refused with its file and line.
enum JobTarget {
  private static let file = "jobs/gold.toml"

  static func loadsOrRefuses() throws -> FuzzTarget.Judge {
    let configuration = try Configuration.parse("", file: "config.toml", environment: [:])
    let names = ["gold", "box", "license"]
    let files = try names.map { try String(contentsOfFile: Repository.path("jobs/\($0).toml"), encoding: .utf8) }
    let small = """
      description = "Gold membership"
      amount = 1099
      currency = "usd"
      statement_descriptor_suffix = "GOLD"
      [schedule]
      every = "2 weeks"
      at = "08:15"
      time_zone = "Europe/London"
      missed = "latest"
      [retry]
      delays = ["1d", "3d"]
      """
    let mutation = Mutation(
      files + [small, small],
      words: [
        "currency = \"jpy\"\n", "amount = 0\n", "every = \"0 months\"", "\"99999999 years\"", "25:00", "\"env:HOME\"",
        "[schedule]\n",
        "rrule = \"FREQ=DAILY\"\n", "a.b = 1\n", "[[a]]\n", "{", "'''", "\"\"\"",
      ])
    return { input in
      guard let text = TOMLInput.text(input.mutated(mutation)) else { return }
      do {
        let (job, warnings) = try JobFiles.parse(text, name: "gold", file: file, configuration: configuration)
        input.isGood = true
        try TOMLInput.check(warnings, file: file, text: text)
        try check(job)
      } catch let error as ConfigurationError {
        try TOMLInput.check(error.problems, file: file, text: text)
      }
    }
  }

  private static func check(_ job: Job) throws {
    _ = try Money(validating: job.money.amount, currency: job.money.currency)
    let description = job.description.unicodeScalars
    try require(!description.isEmpty && !description.contains { $0.value < 32 }, "described as \(job.description)")
    try require(job.schedule.every.count > 0, "every \(job.schedule.every.count)")
  }
}
