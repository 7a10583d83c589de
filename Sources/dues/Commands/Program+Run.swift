import Engine
import Storage
import Stripe

extension Program {
  /// What a command uses beside the configuration.
  enum Reach { case ledger, ledgerAndMail, stripe }

  /// Opens the program, does one command's work and closes it again, however that ends.
  static func run(_ options: CommonOptions, _ reach: Reach, _ body: (Program) async throws -> Void) async throws {
    let program =
      switch reach {
      case .ledger: try await openLedgerOnly(options, mayMail: false)
      case .ledgerAndMail: try await openLedgerOnly(options, mayMail: true)
      case .stripe: try await open(options)
      }
    do {
      try await body(program)
      await program.close()
    } catch {
      await program.close()
      throw program.explained(error)
    }
  }

  /// Says where Stripe was looked for, which the error itself does not know.
  private func explained(_ error: any Error) -> any Error {
    switch error {
    case StripeTrouble.unreachable(let reason), MethodProblem.stripe(.unreachable(let reason)): unreachable(reason)
    default: error
    }
  }

  func unreachable(_ reason: String) -> CommandFailure {
    CommandFailure(
      exit: .unavailable,
      message: """
        Stripe cannot be reached at \(configuration.stripe.apiBase): \(reason); check the network and \
        stripe.api_base, or try again later
        """)
  }
}

extension CommandFailure {
  static func badInput(_ message: String) -> CommandFailure { CommandFailure(exit: .badInput, message: message) }
}
