/// What the clock will do by itself, soonest first.
struct Appointments: Sendable {
  enum Matter: Sendable, Equatable {
    case expireSession(String)
    case settleDebit(paymentIntent: String)
  }

  private var entries: [(at: Int, matter: Matter)] = []

  mutating func add(at: Int, _ matter: Matter) {
    let place = entries.lastIndex { $0.at <= at }.map { $0 + 1 } ?? 0
    entries.insert((at, matter), at: place)
  }

  /// The soonest that is due, taken out.
  mutating func next(dueAt now: Int) -> (at: Int, matter: Matter)? {
    guard let first = entries.first, first.at <= now else { return nil }
    return entries.removeFirst()
  }
}

extension Account {
  /// Keeps every appointment up to now, each at its own hour, so that events bear the time they happened.
  mutating func catchUp(to moment: Int) {
    request = nil
    while let (at, matter) = appointments.next(dueAt: moment) {
      now = at
      switch matter {
      case .expireSession(let id): expireIfOpen(session: id)
      case .settleDebit(let id): settleDebit(paymentIntent: id, as: nil)
      }
    }
    now = moment
    keys.prune(before: now - 86_400)
  }
}
