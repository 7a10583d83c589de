import Engine
import Storage
import Stripe
import Templates

/// How a command ends (sysexits); docs/INTERFACE.md says when which.
enum ExitStatus: Int32, Sendable {
  case done = 0
  case needsHuman = 1
  case usage = 64
  case badInput = 65
  case unavailable = 69
  case tryLater = 75
  case configuration = 78
}

/// Why a command ends without having done what was asked. The message says what is wrong, where, and what to do.
struct CommandFailure: Error, Sendable {
  let exit: ExitStatus
  let message: String

  init(exit: ExitStatus, message: String) {
    self.exit = exit
    self.message = message
  }

  /// Anything that a command let through, as the person who typed it should hear it.
  init(_ error: any Error) {
    switch error {
    case let failure as CommandFailure: self = failure
    case let error as ConfigurationError: self.init(exit: .configuration, message: error.description)
    case let error as TemplateError: self.init(exit: .configuration, message: error.description)
    case let error as LedgerError: self.init(error)
    case TickLockError.running: self.init(exit: .tryLater, message: TickLockError.running.description)
    case let error as TickLockError: self.init(exit: .unavailable, message: error.description)
    case let trouble as StripeTrouble: self.init(trouble)
    case let problem as MethodProblem: self.init(problem)
    default: self.init(exit: .unavailable, message: "\(error)")
    }
  }

  private init(_ error: LedgerError) {
    switch error {
    case .unknown, .cannot: self.init(exit: .badInput, message: error.description)
    case .fenced: self.init(exit: .needsHuman, message: error.description)
    case .cannotOpen, .newerSchema, .notDurable, .progressFile, .unread:
      self.init(exit: .unavailable, message: error.description)
    }
  }

  private init(_ trouble: StripeTrouble) {
    switch trouble {
    case .missing: self.init(exit: .badInput, message: trouble.description)
    case .refused(_, let isAuthenticationProblem):
      self.init(
        exit: isAuthenticationProblem ? .configuration : .badInput,
        message: isAuthenticationProblem ? "\(trouble); check stripe.secret_key" : trouble.description)
    case .unreachable, .unreadable: self.init(exit: .unavailable, message: "\(trouble); try again later")
    }
  }

  private init(_ problem: MethodProblem) {
    switch problem {
    case .unusable(let reason): self.init(exit: .badInput, message: reason)
    case .stripe(let trouble): self.init(trouble)
    case .ledger(let reason): self.init(exit: .unavailable, message: reason)
    }
  }
}
