import ArgumentParser
import Foundation
import Transport

/// The program: reads its command line, runs one command, and ends with an exit code of sysexits.
@main
struct Dues: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "dues",
    abstract: "Charges saved payment methods on a schedule, and brings back the customers whose payment failed.",
    discussion: """
      Example:
        dues demo                       the whole story on an embedded sandbox
        dues tick                       all passes once; what the timer runs
        dues charge list --state held   what waits for a person
      """,
    version: version,
    subcommands: [
      TickCommand.self, ServeCommand.self, JobCommand.self, AgreementCommand.self, ChargeCommand.self,
      SetupCommand.self, RecoveryCommand.self, FulfillCommand.self, SyncCommand.self, ReconcileCommand.self,
      FenceCommand.self,
      StatusCommand.self, PlanCommand.self, RehearseCommand.self, ReportCommand.self,
      CheckCommand.self, TemplateCommand.self, SandboxCommand.self, DemoCommand.self,
    ])

  static func main() async {
    ProcessSignals.ignoreBrokenPipe()
    ProcessMemory.keepFreed()
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      leave(with: error)
    }
  }

  /// Ends the program. Help and version go to stdout; what went wrong is one line of its own on stderr.
  private static func leave(with error: any Error) -> Never {
    if let failure = error as? CommandFailure { leave(failure) }
    let code = exitCode(for: error)
    if code == .success { exit(withError: error) }
    if code == .validationFailure {
      StandardStreams.error(fullMessage(for: error).replacing("Error: ", with: "dues: ", maxReplacements: 1))
      Foundation.exit(ExitStatus.usage.rawValue)
    }
    if let code = error as? ExitCode { Foundation.exit(code.rawValue) }
    leave(CommandFailure(error))
  }

  private static func leave(_ failure: CommandFailure) -> Never {
    if !failure.message.isEmpty { StandardStreams.error("dues: \(failure.message)") }
    Foundation.exit(failure.exit.rawValue)
  }
}
