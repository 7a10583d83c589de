import Domain
import Stripe

/// How customers and their payment methods are found at Stripe.
struct CustomerSource: Sendable {
  let customer: @Sendable (CustomerID) async throws -> StripeCustomer
  /// The one named, or the customer's own; `nil` if they have none.
  let method: @Sendable (_ of: StripeCustomer, _ named: PaymentMethodID?) async throws -> PaymentMethod?
  /// How many are asked about at a time.
  let atOnce: Int
}

extension CustomerSource {
  init(_ program: Program) {
    self.init(
      customer: { id in try await program.chargeable(id) },
      method: { customer, named in try await program.method(of: customer, named: named) },
      atOnce: program.configuration.stripe.maxInFlight)
  }
}

/// Customers and payment methods of a file, each looked up at Stripe once, however many rows name it.
struct CustomerLookup {
  /// What a row wants to know.
  struct Question: Hashable, Sendable {
    let customer: CustomerID
    let named: PaymentMethodID?

    init(_ draft: some ImportDraft) {
      customer = draft.customer
      named = draft.method
    }
  }

  /// An answer, or why there is none: asked once, told for every row.
  enum Found<Value: Sendable>: Sendable {
    case value(Value)
    case refused(String)
  }

  private let source: CustomerSource
  private var owners: [CustomerID: Found<StripeCustomer>] = [:]
  private var methods: [Question: Found<PaymentMethodID?>] = [:]

  init(_ source: CustomerSource) { self.source = source }

  /// The method that a row is to be charged with; the value is `nil` if its customer has none.
  ///
  /// - Returns: `nil` if it was not looked up.
  func method(_ question: Question) -> Found<PaymentMethodID?>? {
    if case .refused(let reason)? = owners[question.customer] { return .refused(reason) }
    return methods[question]
  }

  /// Looks up what is not known yet, many customers at a time.
  ///
  /// - Parameter step: called once for each question, as soon as it is answered.
  /// - Throws: what has nothing to do with the row: Stripe or the ledger cannot be reached.
  mutating func look(up questions: [Question], _ step: () -> Void) async throws {
    let errands = errands(questions, step)
    guard !errands.isEmpty else { return }
    let source = source
    let reports = try await withThrowingTaskGroup(of: Report.self, returning: [Report].self) { group in
      var waiting = errands[...]
      for errand in waiting.prefix(source.atOnce) { group.addTask { try await errand.run(source) } }
      waiting = waiting.dropFirst(source.atOnce)
      var reports: [Report] = []
      while let report = try await group.next() {
        reports.append(report)
        for _ in 0..<report.questions { step() }
        if let errand = waiting.popFirst() { group.addTask { try await errand.run(source) } }
      }
      return reports
    }
    for report in reports { keep(report) }
  }

  /// What is to be asked, in the order of the file; what is known already is answered.
  private func errands(_ questions: [Question], _ step: () -> Void) -> [Errand] {
    var errands: [Errand] = []
    var places: [CustomerID: Int] = [:]
    for question in questions {
      if method(question) != nil {
        step()
      } else if let place = places[question.customer] {
        errands[place].add(question)
      } else {
        places[question.customer] = errands.count
        errands.append(Errand(question, owner: owners[question.customer]))
      }
    }
    return errands
  }

  private mutating func keep(_ report: Report) {
    owners[report.customer] = report.owner
    for (question, method) in report.methods { methods[question] = method }
  }
}

/// What is to be asked about one customer.
private struct Errand: Sendable {
  private let customer: CustomerID
  /// If they are known, and only another method is not.
  private let owner: CustomerLookup.Found<StripeCustomer>?
  private var questions: [CustomerLookup.Question]
  private var asked: Int

  init(_ question: CustomerLookup.Question, owner: CustomerLookup.Found<StripeCustomer>?) {
    customer = question.customer
    self.owner = owner
    questions = [question]
    asked = 1
  }

  mutating func add(_ question: CustomerLookup.Question) {
    asked += 1
    if !questions.contains(question) { questions.append(question) }
  }

  func run(_ source: CustomerSource) async throws -> Report {
    let owner: CustomerLookup.Found<StripeCustomer>
    if let known = self.owner {
      owner = known
    } else {
      owner = try await Self.found { try await source.customer(customer) }
    }
    var report = Report(customer: customer, owner: owner, methods: [], questions: asked)
    guard case .value(let person) = owner else { return report }
    for question in questions {
      let method: CustomerLookup.Found<PaymentMethodID?> = try await Self.found {
        try await source.method(person, question.named)?.id
      }
      report.methods.append((question, method))
    }
    return report
  }

  private static func found<Value: Sendable>(
    _ ask: () async throws -> Value
  ) async throws -> CustomerLookup.Found<Value> {
    do {
      return .value(try await ask())
    } catch let failure as CommandFailure where failure.exit == .badInput {
      return .refused(failure.message)
    }
  }
}

/// What was found about one customer.
private struct Report: Sendable {
  let customer: CustomerID
  let owner: CustomerLookup.Found<StripeCustomer>
  var methods: [(CustomerLookup.Question, CustomerLookup.Found<PaymentMethodID?>)]
  /// How many questions it answers.
  let questions: Int
}
