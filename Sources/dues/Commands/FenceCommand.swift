import ArgumentParser
import Domain
import Engine
import Storage

struct FenceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fence",
    abstract: "A copy of the ledger, or an older backup, sends nothing.",
    discussion: """
      Until its fence is lifted it reads, reports and reconciles.

      Example:
        dues fence lift
      """,
    subcommands: [FenceLiftCommand.self])
}

struct FenceLiftCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lift",
    abstract: "Makes this copy of the ledger the one that charges.",
    discussion: """
      Stop every other copy first. Compares with Stripe, and takes over what Stripe has and this ledger lacks: as paid, \
      processing or held. Only if nothing is left unexplained is the fence lifted; else it says what is, and exits 1. Asks \
      on a terminal, and wants --yes elsewhere. Look at `dues reconcile` before.

      Example:
        dues fence lift
        dues fence lift --yes --json
      """)

  @Flag(help: "Do it without asking.")
  var yes = false

  @OptionGroup var common: CommonOptions

  func run() async throws {
    try await Program.run(common, .stripe) { program in
      if let fence = try program.ledger.fence() {
        try Consent.ask(
          "\(fence.advice). Is every other copy of this ledger stopped, and shall this one charge?", yes: yes)
      }
      let lift = try await TickLock.holding(ledgerPath: program.ledger.path) { try await program.engine.liftFence() }
      if common.json {
        StandardStreams.out(try JSONText.of(lift))
      } else {
        FenceSheet(lift: lift).lines.forEach(StandardStreams.out)
      }
      guard lift.blocked.isEmpty else {
        throw CommandFailure(
          exit: .needsHuman, message: "the fence stays: \(lift.blocked.joined(separator: "; "))")
      }
    }
  }
}

/// `dues fence lift` for a person.
struct FenceSheet {
  let lift: FenceLift

  var lines: [String] {
    guard lift.because != nil else {
      return ["There is no fence: this ledger is in its place, and as far as its file and Stripe know."]
    }
    var lines = lift.adopted.map { "taken over from Stripe: \($0.id), charge \($0.charge) is \($0.state.rawValue) now" }
    lines += lift.setups.map { "forgotten setup: \($0); `dues status` says what to do" }
    lines.append(lift.isLifted ? "The fence is lifted: this ledger charges from the next tick on." : "The fence stays.")
    return lines
  }
}
