import Domain
import Engine
import Foundation
import Storage
import Templates
import TestSupport
import Transport

/// Any address, with any languages, over a real socket: a page, never a mistake of the server's, and nothing told.
enum SiteTarget {
  private static let statuses: Set<Int> = [200, 303, 400, 404, 405, 409, 413, 431]

  static func isAnswered() async throws -> FuzzTarget.Judge {
    let world = try World()
    let charge = try owed(in: world)
    let server = try await FuzzedServer(world, webhookSecret: "whsec_fuzz")
    let links = world.engine.links
    let paths = Mutation(
      [
        links.path(.recovery(charge)), links.path(.pay(charge)), "/done?session_id=cs_test_1", "/done", "/healthz",
        links.path(.setup(SetupLink(customer: "cus_1", job: "gold"))), "/", "/r/", "/metrics",
      ], words: ["?session_id=", "cs_", "%2F", "%00", "&", "..", "/pay", "#"], longest: 4 << 10)
    let languages = Mutation(
      ["de-AT,de;q=0.9,en;q=0.8,*;q=0.5", "en", "-", "zh-Hant-TW, fr"],
      words: ["-", ",", ";q=", "q=1.000", "9", "_", "*"],
      longest: 4 << 10)
    return { input in
      let method = input.dice.pick([HTTPRequest.Method.get, .get, .post, .delete])
      // What no request may hold does not reach the server.
      let bytes = input.dice.once(in: 2) ? paths.input(&input.dice) : input.dice.pick(paths.corpus)
      let path = "/" + printable(bytes.drop { $0 == UInt8(ascii: "/") })
      let wanted = printable(languages.input(&input.dice))
      input.note("\(method.rawValue) \(path)\n\(wanted)")
      let answer = try await server.send(
        method, path, headers: [HTTPHeader("Accept-Language", wanted)], body: Data())
      let text = String(decoding: answer.body, as: UTF8.self)
      input.isGood = answer.status < 400
      try require(statuses.contains(answer.status), "answered \(answer.status): \(text.prefix(400))")
      try require(!text.contains(charge.text), "the page tells the charge's id")
    }
  }

  private static func printable(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: bytes.filter { (0x21...0x7E).contains($0) }.prefix(4000), as: UTF8.self)
  }

  /// A charge that is not due yet.
  private static func owed(in world: World) throws -> ChargeID {
    let customer = Customer(id: "cus_1", email: "ada@customer.example", name: "Ada", locales: ["-"], isDeleted: false)
    try world.ledger.save(customer, at: world.clock.now)
    let charge = Charge.new(
      id: world.ledger.id.charge(key: "k"), customer: customer.id, money: Money(amount: 1099, currency: .gbp),
      description: "Gold", statementDescriptorSuffix: nil, origin: .key("k"), dueAt: world.clock.now + .days(9),
      paymentMethod: nil, heldReason: nil, metadata: [:])
    _ = try world.ledger.enqueue(charge, equalWithin: nil, at: world.clock.now)
    return charge.id
  }
}
