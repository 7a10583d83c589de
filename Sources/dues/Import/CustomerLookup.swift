import Domain
import Storage
import Stripe

/// Customers and payment methods of a file, each looked up at Stripe once, however many rows name it.
struct CustomerLookup {
  private let program: Program
  private var owners: [CustomerID: Found<StripeCustomer>] = [:]
  private var methods: [MethodQuestion: Found<PaymentMethod?>] = [:]

  /// An answer, or why there is none: asked once, told for every row.
  enum Found<Value> {
    case value(Value)
    case refused(String)
  }

  private struct MethodQuestion: Hashable {
    let customer: CustomerID
    let named: PaymentMethodID?
  }

  init(_ program: Program) { self.program = program }

  /// The method that a customer is to be charged with; the value is `nil` if they have none.
  ///
  /// - Throws: what has nothing to do with the row: Stripe or the ledger cannot be reached.
  mutating func method(of customer: CustomerID, named: PaymentMethodID?) async throws -> Found<PaymentMethod?> {
    let owner: StripeCustomer
    switch try await self.owner(customer) {
    case .refused(let reason): return .refused(reason)
    case .value(let found): owner = found
    }
    let question = MethodQuestion(customer: customer, named: named)
    if let known = methods[question] { return known }
    let program = program
    let found = try await Self.found { try await program.method(of: owner, named: named) }
    methods[question] = found
    return found
  }

  private mutating func owner(_ id: CustomerID) async throws -> Found<StripeCustomer> {
    if let known = owners[id] { return known }
    let program = program
    let found = try await Self.found { try await program.chargeable(id) }
    owners[id] = found
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
