import Domain
import Engine
import Storage

/// Brings in one-offs: those that the ledger has already stay, the others are charged with what their customer has.
struct ChargeImport: ImportKind {
  private let ledger: Ledger
  /// One for all rows without a time; whole seconds, as `due_at` is printed.
  private let now: Timestamp

  init(ledger: Ledger, now: Timestamp) {
    self.ledger = ledger
    self.now = Timestamp(seconds: now.seconds)
  }

  func judge(_ drafts: [ChargeDraft]) throws -> [ImportVerdict] {
    let known = try ledger.known(keys: drafts.map(\.key)) { index, there in
      drafts[index].charge(there.id, due: there.dueAt, method: there.paymentMethod)
    }
    return zip(drafts, known).map { draft, known -> ImportVerdict in
      switch known {
      case nil: .new
      case .added?, .existing?, .again?: .existing
      case .differs(let difference)?:
        .refused(
          """
          key "\(draft.key)" is charge \(ledger.id.charge(key: draft.key)) already, with other values: \(difference); \
          use another key
          """)
      }
    }
  }

  func made(_ draft: ChargeDraft, method: PaymentMethodID?) -> Charge {
    draft.charge(ledger.id.charge(key: draft.key), due: now, method: method)
  }

  func insert(_ next: () throws -> Charge?) throws -> Int { try ledger.enqueue(all: next, at: now) }
}

extension ChargeDraft {
  /// - Parameters:
  ///   - due: if the draft names no time.
  ///   - method: what was found or is there already.
  fileprivate func charge(_ id: ChargeID, due: Timestamp, method: PaymentMethodID?) -> Charge {
    .new(
      id: id, customer: customer, money: money, description: description, statementDescriptorSuffix: nil,
      origin: .key(key), dueAt: dueAt ?? due, paymentMethod: method, heldReason: nil, metadata: [:])
  }
}
