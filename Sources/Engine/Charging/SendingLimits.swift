import Domain
import Stripe

/// What a tick may still send off session, and when what it has heard says that something is wrong: with us, with all
/// cards, or with the way to Stripe. One for all passes of a tick.
struct SendingLimits {
  /// A few refusals of our own making in a row: something is wrong with us, not with the cards.
  static let refusalsThatStop = 5
  /// So many requests in a row that Stripe never answered.
  static let silencesThatStop = 20
  /// A decline rate says nothing before so many answers.
  static let answersBeforeRate = 20

  /// By currency; absent: no limit.
  private(set) var remaining: [Currency: Int64]
  /// Attempts.
  private(set) var left: Int
  private let stopAtDeclinesPerMille: Int?
  /// Answers that say what became of an attempt.
  private(set) var answered = 0
  private var declined = 0
  private var refusalsInARow = 0
  private var silencesInARow = 0
  private(set) var stoppedBecause: String?

  /// - Parameter limit: at most so many attempts; `nil`: all that are due.
  init(_ settings: EngineSettings, limit: Int?) {
    remaining = settings.maxTickTotal
    left = limit ?? Int.max
    stopAtDeclinesPerMille = settings.stopAtDeclinesPerMille
  }

  var maySend: Bool { stoppedBecause == nil && left > 0 }

  mutating func sends(_ money: Money) {
    left -= 1
    if let room = remaining[money.currency] { remaining[money.currency] = room - money.amount }
  }

  mutating func heard(_ reading: IntentReading) {
    // What Stripe repeats says nothing about today.
    guard !reading.isReplayed else { return }
    let reason = reading.outcome.reason ?? ""
    let refusals = refusalsInARow
    refusalsInARow = 0
    switch reading.outcome {
    case .unresolved: silencesInARow += 1
    case .refused:
      answer()
      refusalsInARow = refusals + 1
    case .declined, .needsCustomer:
      answer()
      declined += 1
    case .succeeded, .processing: answer()
    }
    if let most = stopAtDeclinesPerMille, answered >= Self.answersBeforeRate, declined * 1000 >= most * answered {
      stoppedBecause = "\(declined) of \(answered) attempts were declined, which is limits.stop_at_decline_rate"
    }
    if reading.isAuthenticationProblem { stoppedBecause = "Stripe does not accept the key: \(reason)" }
    if refusalsInARow >= Self.refusalsThatStop {
      stoppedBecause = "\(refusalsInARow) requests in a row were refused: \(reason)"
    }
    if silencesInARow >= Self.silencesThatStop {
      stoppedBecause = "\(silencesInARow) requests in a row were not answered: \(reason)"
    }
  }
  private mutating func answer() {
    answered += 1
    silencesInARow = 0
  }
}
