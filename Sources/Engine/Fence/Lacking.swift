import Domain
import Storage
import Stripe

/// Something at Stripe under this ledger's id that the ledger has never written.
enum Lacking: Sendable, Hashable {
  case intent(PaymentIntent)
  case session(CheckoutSession)

  /// For a person.
  var what: String {
    switch self {
    case .intent(let intent): "\(intent.id), \(intent.status.rawValue), of \(charge?.text ?? "no charge")"
    case .session(let session):
      "\(session.id), \(session.status?.rawValue ?? "unknown"), of \(charge?.text ?? session.mode.rawValue)"
    }
  }

  var metadata: [String: String] {
    switch self {
    case .intent(let intent): intent.metadata ?? [:]
    case .session(let session): session.metadata ?? [:]
    }
  }

  var charge: ChargeID? { metadata["dues_charge"].map { ChargeID($0) } }

  var created: Int64 {
    switch self {
    case .intent(let intent): intent.created ?? 0
    case .session(let session): session.created
    }
  }
}

extension Engine {
  /// How far behind the ledger's last commit a comparison begins.
  static let comparisonOverlap = Duration.days(2)

  /// What Stripe shows and the ledger lacks, oldest first, since two days before the ledger's last commit. By intents and
  /// sessions, not by events: also what no event says any more.
  func lacking() async throws(StripeTrouble) -> [Lacking] {
    var found: [Lacking] = []
    do {
      let since = try ledger.mark().lastCommitAt - Self.comparisonOverlap
      try await eachIntent(since: since) { intent in
        if let mention = Mention(intent.metadata, of: ledger.id), try ledger.lacks(mention) {
          found.append(.intent(intent))
        }
      }
      try await eachSession(since: since) { session in
        if try isUnknown(session) { found.append(.session(session)) }
      }
    } catch let trouble as StripeTrouble {
      throw trouble
    } catch {
      throw .unreadable("\(error)")
    }
    return found.sorted { $0.created < $1.created }
  }

  /// A session under this ledger's id that it has never written.
  func isUnknown(_ session: CheckoutSession) throws -> Bool {
    guard let mention = Mention(session.metadata, of: ledger.id) else { return false }
    return try ledger.lacks(mention) || isForeign(session, mention)
  }

  /// A page that could collect, or has, whose number was given here to another one: an older copy gives numbers again.
  private func isForeign(_ session: CheckoutSession, _ mention: Mention) throws -> Bool {
    guard let charge = mention.charge, session.mode == .payment, session.status != .expired,
      try ledger.checkout(session: session.id) == nil
    else { return false }
    // Its creation was never answered: the written request becomes this session.
    if let waiting = try ledger.liveCheckout(of: charge), waiting.state == .opening, session.isMade(by: waiting) {
      return false
    }
    // It may have been answered between the two looks.
    return try ledger.checkout(session: session.id) == nil
  }

  /// All intents of the account since then, newest first, a page at a time.
  func eachIntent(since: Timestamp, _ visit: (PaymentIntent) async throws -> Void) async throws {
    var after: PaymentIntentID?
    while true {
      let page = try await read(
        StripeList<PaymentIntent>.self, .listIntents(customer: nil, createdSince: since, startingAfter: after))
      for intent in page.data { try await visit(intent) }
      guard page.hasMore, let last = page.data.last else { return }
      after = last.id
    }
  }

  /// The first session of a customer's since then that fits, newest first.
  func session(
    of customer: CustomerID, since: Timestamp, where fits: (CheckoutSession) throws -> Bool
  ) async throws -> CheckoutSession? {
    var after: CheckoutSessionID?
    while true {
      let page = try await read(
        StripeList<CheckoutSession>.self, .listCheckouts(customer: customer, createdSince: since, startingAfter: after))
      if let match = try page.data.first(where: fits) { return match }
      guard page.hasMore, let last = page.data.last else { return nil }
      after = last.id
    }
  }

  /// All sessions of the account since then, likewise.
  func eachSession(since: Timestamp, _ visit: (CheckoutSession) async throws -> Void) async throws {
    var after: CheckoutSessionID?
    while true {
      let page = try await read(
        StripeList<CheckoutSession>.self, .listCheckouts(customer: nil, createdSince: since, startingAfter: after))
      for session in page.data { try await visit(session) }
      guard page.hasMore, let last = page.data.last else { return }
      after = last.id
    }
  }
}
