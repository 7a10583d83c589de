import Domain
import Engine
import Foundation
import Logging
import ServiceLifecycle
import Storage
import Templates
import TestSupport
import Testing
import Transport
import Web

/// What holds for every request, whatever it is for.
@Suite(.timeLimit(.minutes(5))) struct DoorTests {
  @Test func `every answer carries the headers that guard a page`() async throws {
    let world = try World()
    let charge = try await world.declined()
    try await ServedWorld.serve(world) { served in
      let answers = [
        try await served.get(served.path(.recovery(charge))), try await served.post(served.path(.pay(charge))),
        try await served.get("/nothing"), try await served.get("/healthz"), try await served.post("/webhooks/stripe"),
        try await served.get("/done"), try await served.post("/done"),
      ]
      for answer in answers {
        let policy = answer.header("Content-Security-Policy") ?? ""
        #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
        #expect(policy.contains("form-action 'self' https://checkout.stripe.com http://127.0.0.1:12111"))
        #expect(answer.header("Cache-Control") == "no-store")
        #expect(answer.header("Referrer-Policy") == "no-referrer")
        #expect(answer.header("X-Content-Type-Options") == "nosniff")
        #expect(answer.header("X-Frame-Options") == "DENY")
      }
      #expect(answers[0].header("Content-Type") == "text/html; charset=utf-8")
    }
  }

  @Test func `HEAD has the head of GET, and no body`() async throws {
    let world = try World()
    let charge = try await world.declined()
    try await ServedWorld.serve(world) { served in
      let page = try await served.get(served.path(.recovery(charge)))
      for (path, status) in [
        (served.path(.recovery(charge)), "200 OK"), ("/healthz", "200 OK"), ("/nothing", "404 Not Found"),
      ] {
        let answer = try await RawConnection.exchange(
          served.base, "HEAD \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n"), "\(path)")
        #expect(answer.hasSuffix("\r\n\r\n"), "\(path)")
        if status == "200 OK", path != "/healthz" {
          #expect(answer.lowercased().contains("content-length: \(page.body.count)\r\n"))
        }
      }
    }
  }

  @Test(arguments: [("/webhooks/stripe", 512 << 10), ("PAY", 64 << 10)])
  func `a body is taken up to its limit, and 413 beyond`(path: String, limit: Int) async throws {
    let world = try World()
    let charge = try await world.declined()
    try await ServedWorld.serve(world) { served in
      let path = path == "PAY" ? served.path(.pay(charge)) : path
      let before = world.network.requests.count
      let tooMuch = try await served.post(path, Data(repeating: 0x61, count: limit + 1))
      #expect(tooMuch.status == 413)
      #expect(world.network.requests.count == before)
      let enough = try await served.post(path, Data(repeating: 0x61, count: limit))
      #expect(enough.status != 413)
    }
  }

  @Test func `a body without end is answered and hung up on`() async throws {
    let world = try World()
    let charge = try await world.declined()
    try await ServedWorld.serve(world) { served in
      let paths = ["/webhooks/stripe"] + [.pay(charge), .day(charge), .confirm(charge)].map { served.path($0) }
      for path in paths {
        let answer = try await RawConnection.exchange(
          served.base, "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\nabc")
        #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(path)")
      }
    }
  }

  @Test(arguments: [
    "GET /healthz HTT", "POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc", "",
  ])
  func `a client that stalls is hung up on`(sent: String) async throws {
    try await ServedWorld.serve(idleTimeout: .milliseconds(200)) { served in
      let answer = try await RawConnection.exchange(served.base, sent)
      #expect(!answer.hasPrefix("HTTP/1.1 200"))
    }
  }

  @Test func `a body that trickles has its time, not more`() async throws {
    try await ServedWorld.serve(bodyTimeout: .milliseconds(200)) { served in
      let answer = try await RawConnection.exchange(
        served.base, "POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
      #expect(!answer.hasPrefix("HTTP/1.1 200"))
    }
  }

  @Test func `when our ledger fails the page is 500, names a human and nothing else`() async throws {
    let world = try World()
    let charge = try await world.declined()
    try await ServedWorld.serve(world) { served in
      try world.ledger.close()
      let page = try await served.get(served.path(.recovery(charge)))
      #expect(page.status == 500)
      #expect(page.title == "This did not work" && page.text.contains("help@acme.example"))
      #expect(!page.text.lowercased().contains("sqlite") && !page.text.contains(charge.text))
      let event = Data(
        #"{"id":"evt_1","object":"event","type":"x","created":1,"livemode":false,"data":{"object":{}}}"#.utf8)
      #expect(try await served.webhook(event).status == 500, "Stripe sends it again")
      #expect(try await served.send(.get, served.internalBase + "/healthz").status == 503)
    }
  }

  @Test func `a graceful shutdown ends the server in good order`() async throws {
    let world = try World()
    let (addresses, address) = AsyncStream.makeStream(of: String.self)
    let business = Business(name: "Acme", supportEmail: "help@acme.example", color: nil, logo: nil)
    let server = WebServer(
      engine: world.engine,
      pages: try PageTemplates(directory: Repository.path("templates"), defaultLocale: "en", business: business),
      configuration: WebConfiguration(
        host: "127.0.0.1", port: 0, internalHost: nil, internalPort: 0, webhookSecrets: [], apiVersion: "",
        checkoutOrigins: [], stripeScript: nil, currency: .usd),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, onListening: { url, _ in address.yield(url) })
    let services = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [server], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await services.run() }
      let base = try #require(await addresses.first { _ in true })
      let answer = try await RawConnection.exchange(
        base, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 200"))
      await services.triggerGracefulShutdown()
      try await group.waitForAll()
      await #expect(throws: RawConnection.Failure.self) { try await RawConnection.exchange(base, "") }
    }
  }

  @Test func `a port that is taken is said in words`() async throws {
    try await ServedWorld.serve { served in
      let port = try #require(served.base.split(separator: ":").last.flatMap { Int($0) })
      let business = Business(name: "Acme", supportEmail: "help@acme.example", color: nil, logo: nil)
      let second = WebServer(
        engine: served.world.engine,
        pages: try PageTemplates(directory: Repository.path("templates"), defaultLocale: "en", business: business),
        configuration: WebConfiguration(
          host: "127.0.0.1", port: port, internalHost: nil, internalPort: 0, webhookSecrets: [], apiVersion: "",
          checkoutOrigins: [], stripeScript: nil, currency: .usd),
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, onListening: { _, _ in })
      let error = await #expect(throws: ListenError.self) { try await second.run() }
      #expect(error?.description.contains("cannot listen on 127.0.0.1:\(port) (address already in use)") == true)
    }
  }
}
