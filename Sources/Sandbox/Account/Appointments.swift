/// What the clock will do by itself, soonest first.
struct Appointments: Sendable, Codable {
  enum Matter: Sendable, Equatable, Codable {
    case expireSession(String)
    case settleDebit(paymentIntent: String)
    case microdepositsLapse(intent: String)
    case confirmationLapses(paymentIntent: String)
    case settleRefund(String)
    case openDispute(charge: String)
  }

  struct Entry: Sendable, Codable {
    var at: Int
    var matter: Matter
  }

  private var entries: [Entry] = []

  mutating func add(at: Int, _ matter: Matter) {
    let place = entries.lastIndex { $0.at <= at }.map { $0 + 1 } ?? 0
    entries.insert(Entry(at: at, matter: matter), at: place)
  }

  /// The soonest that is due, taken out.
  mutating func next(dueAt now: Int) -> Entry? {
    guard let first = entries.first, first.at <= now else { return nil }
    return entries.removeFirst()
  }
}

extension Account {
  /// Keeps every appointment up to now, each at its own hour, so that events bear the time they happened.
  mutating func catchUp(to moment: Int) {
    request = nil
    indexChanges()
    while let entry = appointments.next(dueAt: moment) {
      now = entry.at
      revision += 1
      switch entry.matter {
      case .expireSession(let id): expireIfOpen(session: id)
      case .settleDebit(let id): settleDebit(paymentIntent: id, as: nil)
      case .microdepositsLapse(let id):
        verify(
          microdepositsOf: id, succeeds: false, code: "payment_method_microdeposit_verification_timeout")
      case .confirmationLapses(let id): lapseConfirmation(id)
      case .settleRefund(let id): settle(refund: id, as: nil)
      case .openDispute(let id): disputeAtOnce(charge: id)
      }
      indexChanges()
    }
    now = moment
    searchIndex.absorb(upTo: now - configuration.searchLag)
    keys.prune(before: now - 86_400)
  }
}
