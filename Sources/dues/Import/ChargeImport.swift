import Domain
import Engine
import Storage
import Stripe

/// Turns the drafts of a file into charges: those that the ledger has already stay, for the others the customer and the
/// method are looked up at Stripe, each once.
struct ChargeImport {
  private let program: Program
  /// One for all rows without a time; whole seconds, as `due_at` is printed.
  private let now: Timestamp
  private var owners: [CustomerID: Found<StripeCustomer>] = [:]
  private var methods: [MethodQuestion: Found<PaymentMethod?>] = [:]
  private(set) var new: [Charge] = []
  private(set) var existing = 0
  private(set) var errors: [ImportError] = []

  /// An answer, or why there is none: asked once, told for every row.
  private enum Found<Value> {
    case value(Value)
    case refused(String)
  }

  private struct MethodQuestion: Hashable {
    let customer: CustomerID
    let named: PaymentMethodID?
  }

  init(_ program: Program) {
    self.program = program
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
    switch try await owner(draft.customer) {
    case .refused(let reason): refuse(draft, reason)
    case .value(let owner):
      switch try await method(of: owner, named: draft.method) {
      case .refused(let reason): refuse(draft, reason)
      case .value(let method): new.append(draft.charge(id, due: now, method: method?.id))
      }
    }
  }

  private mutating func refuse(_ draft: ChargeDraft, _ message: String) {
    errors.append(ImportError(line: draft.line, message: message))
  }

  private mutating func owner(_ id: CustomerID) async throws -> Found<StripeCustomer> {
    if let known = owners[id] { return known }
    let program = program
    let found = try await Self.found { try await program.chargeable(id) }
    owners[id] = found
    return found
  }

  private mutating func method(
    of owner: StripeCustomer, named: PaymentMethodID?
  ) async throws -> Found<PaymentMethod?> {
    let question = MethodQuestion(customer: owner.id, named: named)
    if let known = methods[question] { return known }
    let program = program
    let found = try await Self.found { try await program.method(of: owner, named: named) }
    methods[question] = found
    return found
  }

  private static func found<Value>(_ ask: () async throws -> Value) async throws -> Found<Value> {
    do {
      return .value(try await ask())
    } catch let failure as CommandFailure where failure.exit == .badInput {
      return .refused(failure.message)
    }
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
