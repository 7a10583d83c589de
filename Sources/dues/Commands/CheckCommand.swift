import ArgumentParser

struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Checks everything that a tick needs: each line says ok, or what to mend.",
    discussion: """
      Configuration, jobs, templates, database, zone data, Stripe's key and account, the mail server. Charges nothing and \
      sends no mail. Exits 78 if something must be mended, 69 if only Stripe or the mail server cannot be reached.

      Example:
        dues check
        dues check --json | jq -r 'select(.state == "mend").text'
      """)

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let checkup = await Checkup.run(common)
    for finding in checkup.findings {
      StandardStreams.out(common.json ? try JSONText.of(finding) : finding.line)
    }
    let toMend = checkup.findings.count { $0.state == .mend }
    if toMend > 0 {
      throw CommandFailure(exit: .configuration, message: "\(toMend) to mend; see the lines above")
    }
    if checkup.findings.contains(where: { $0.state == .unreachable }) {
      throw CommandFailure(exit: .unavailable, message: "not everything could be reached; see the lines above")
    }
  }
}
