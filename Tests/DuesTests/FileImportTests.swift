import Domain
import Engine
import Foundation
import Stripe
import TestSupport
import Testing
import Transport

@testable import dues

/// A file of one-offs on its way into a ledger: read once to check it, and a second time to insert it.
struct FileImportTests {
  private static let header = "key,customer,amount,currency,description,due_at,payment_method\n"

  private struct Made: Decodable {
    let id: CustomerID
  }

  private func customer(in world: World) async throws -> CustomerID {
    let response = try await world.network.http.send(
      HTTPRequest(
        method: .post, url: "http://127.0.0.1:12111/v1/customers",
        headers: [
          HTTPHeader("Authorization", "Bearer sk_test_world"), HTTPHeader("Stripe-Version", "2026-10-28.endive"),
          HTTPHeader("Content-Type", "application/x-www-form-urlencoded"),
        ], body: Data("name=Ada".utf8), timeout: .seconds(5)))
    return try JSONDecoder().decode(Made.self, from: response.body).id
  }

  private func importing(_ path: String, into world: World) throws -> FileImport<ChargeImport> {
    let clock = WallClock(now: { world.clock.now }, sleep: { world.clock.advance(by: $0) })
    let customers = CustomerSource(
      customer: { id in try await world.engine.customer(id) },
      method: { customer, named in try await world.engine.chooseMethod(for: customer, named: named) }, atOnce: 2)
    return FileImport(ChargeImport(ledger: world.ledger, now: clock.now()), customers, of: try ImportSource(at: path))
  }

  private func lookups(of customer: CustomerID, in world: World) -> Int {
    world.network.requests.count { $0.method == .get && $0.url.hasSuffix("/v1/customers/\(customer)") }
  }

  @Test func `rows by the thousand are inserted once, and each customer is looked up once`() async throws {
    let world = try World()
    var customers: [CustomerID] = []
    for _ in 0..<5 { customers.append(try await customer(in: world)) }
    try await Scratch.during { scratch in
      let rows = (0..<2100).map { "k\($0),\(customers[$0 % 5]),\(100 + $0),usd,Late fee,2027-04-01,\n" }
      try scratch.write(Self.header + rows.joined(), to: "a.csv")
      var first = try importing(scratch.path("a.csv"), into: world)
      let outcome = try await first.run(isCheck: false)
      #expect(outcome.errors == [])
      #expect([outcome.new, outcome.imported, outcome.existing] == [2100, 2100, 0] as [Int])
      #expect(customers.map { lookups(of: $0, in: world) } == [1, 1, 1, 1, 1])
      var second = try importing(scratch.path("a.csv"), into: world)
      let again = try await second.run(isCheck: false)
      #expect([again.new, again.imported, again.existing] == [0, 0, 2100] as [Int])
      #expect(customers.map { lookups(of: $0, in: world) } == [1, 1, 1, 1, 1])
    }
  }

  @Test func `what is new is inserted beside what is there`() async throws {
    let world = try World()
    let ada = try await customer(in: world)
    try await Scratch.during { scratch in
      let path = scratch.path("a.csv")
      for (rows, counts) in [([2, 4], [2, 0]), ([1, 2, 3, 4, 5], [3, 2]), ([5, 6, 1], [1, 2])] {
        let text = rows.map { "k\($0),\(ada),\(100 * $0),usd,Fee,2027-04-01,\n" }.joined()
        try scratch.write(Self.header + text, to: "a.csv")
        var work = try importing(path, into: world)
        let outcome = try await work.run(isCheck: false)
        #expect([outcome.imported, outcome.existing] == counts, "\(rows)")
      }
      try scratch.write(Self.header + "k7,\(ada),700,usd,Fee,,\nk6,\(ada),601,usd,Fee,,\n", to: "a.csv")
      var work = try importing(path, into: world)
      let outcome = try await work.run(isCheck: false)
      #expect(outcome.imported == 0)
      #expect(outcome.errors.map(\.line) == [3])
      #expect(outcome.errors.first?.message.contains("with other values: amount is 6.00 USD, not 6.01 USD") == true)
    }
  }

  enum Change: CaseIterable {
    case appended, amount, cut, emptied, spoiled, otherCustomer
  }

  @Test(arguments: Change.allCases)
  func `a file that was changed after its check brings nothing in`(change: Change) async throws {
    let world = try World()
    let (ada, grace) = (try await customer(in: world), try await customer(in: world))
    try await Scratch.during { scratch in
      let text = Self.header + "k1,\(ada),1099,usd,Fee,2027-04-01,\nk2,\(ada),500,usd,Fee,2027-04-01,\n"
      try scratch.write(text, to: "a.csv")
      var work = try importing(scratch.path("a.csv"), into: world)
      try await work.check {}
      #expect(work.errors == [] && work.new == 2)
      let changed =
        switch change {
        case .appended: text + "k3,\(ada),500,usd,Fee,2027-04-01,\n"
        case .amount: text.replacing("1099", with: "9099")
        case .cut: String(text.dropLast(40))
        case .emptied: ""
        case .spoiled: text.replacing("500", with: "\"500")
        case .otherCustomer: text.replacing("k2,\(ada)", with: "k2,\(grace)")
        }
      try scratch.write(changed, to: "a.csv")
      let checked = work
      let failure = #expect(throws: CommandFailure.self) { try checked.insert {} }
      #expect(failure?.exit == .badInput)
      #expect(failure?.message.contains("was changed after it was checked") == true, "\(failure?.message ?? "")")
      try scratch.write(text, to: "a.csv")
      var later = try importing(scratch.path("a.csv"), into: world)
      let outcome = try await later.run(isCheck: false)
      #expect([outcome.imported, outcome.existing] == [2, 0] as [Int], "something had come in")
    }
  }

  @Test func `a check brings nothing in`() async throws {
    let world = try World()
    let ada = try await customer(in: world)
    try await Scratch.during { scratch in
      try scratch.write(Self.header + "k1,\(ada),1099,usd,Fee,,\n", to: "a.csv")
      for _ in 0..<2 {
        var work = try importing(scratch.path("a.csv"), into: world)
        let outcome = try await work.run(isCheck: true)
        #expect([outcome.new, outcome.imported, outcome.existing] == [1, 0, 0] as [Int])
      }
    }
  }
}
