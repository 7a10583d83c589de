import Domain
import Engine
import Storage

/// Turns the drafts of a file into charges: those that the ledger has already stay, for the others the customer and the
/// method are looked up at Stripe, each once.
struct ChargeImport {
  private let program: Program
  /// One for all rows without a time; whole seconds, as `due_at` is printed.
  private let now: Timestamp
  private var lookup: CustomerLookup
  private(set) var new: [Charge] = []
  private(set) var existing = 0
  private(set) var errors: [ImportError] = []

  init(_ program: Program) {
    self.program = program
    lookup = CustomerLookup(program)
    now = Timestamp(seconds: program.clock.now().seconds)
  }

  /// - Throws: what has nothing to do with the row: Stripe or the ledger cannot be reached.
  mutating func take(_ draft: ChargeDraft) async throws {
    let id = program.ledger.id.charge(key: draft.key)
    if let there = try program.ledger.charge(id) {
      let wanted = draft.charge(id, due: there.dueAt, method: there.paymentMethod)
      if case .differs(let difference)? = try program.ledger.known(wanted) {
        refuse(draft, "key \"\(draft.key)\" is charge \(id) already, with other values: \(difference); use another key")
      } else {
        existing += 1
      }
      return
    }
    switch try await lookup.method(of: draft.customer, named: draft.method) {
    case .refused(let reason): refuse(draft, reason)
    case .value(let method): new.append(draft.charge(id, due: now, method: method?.id))
    }
  }

  private mutating func refuse(_ draft: ChargeDraft, _ message: String) {
    errors.append(ImportError(line: draft.line, message: message))
  }
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
