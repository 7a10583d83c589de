import Foundation
import TestSupport
import Testing

@testable import Transport

struct CurlClientTests {
  private let client = CurlClient(
    configuration: CurlConfiguration(userAgent: "Dues-Test/1", connectTimeout: .patience, maxAnswerBytes: 100_000))

  private func request(
    _ method: HTTPRequest.Method = .post, port: Int, headers: [HTTPHeader] = [], body: String = "amount=1099",
    timeout: Duration = .patience
  ) -> HTTPRequest {
    HTTPRequest(
      method: method, url: "http://127.0.0.1:\(port)/v1/things?a=%20b", headers: headers, body: Data(body.utf8),
      timeout: timeout)
  }

  @Test func `a request arrives as it was given, and nothing is added that was not asked for`() async throws {
    let seen = Notes<ReceivedRequest>()
    let server = try LoopbackServer { connection, _ in
      while let request = connection.request() {
        seen.add(request)
        connection.answer(body: "{}")
      }
    }
    let headers = [HTTPHeader("Idempotency-Key", "k:1"), HTTPHeader("X-Empty", "")]
    _ = try await client.http.send(request(port: server.port, headers: headers))
    let received = try #require(seen.all.first)
    #expect(received.start == "POST /v1/things?a=%20b HTTP/1.1")
    #expect(received.body == "amount=1099")
    let expected = [
      "Host: 127.0.0.1:\(server.port)", "User-Agent: Dues-Test/1", "Idempotency-Key: k:1", "X-Empty:",
      "Content-Length: 11",
    ]
    #expect(received.headers.sorted() == expected.sorted())
  }

  @Test(arguments: [
    (HTTPRequest.Method.get, "", "GET"), (.delete, "", "DELETE"), (.post, "", "POST"), (.post, "a=b", "POST"),
    (.delete, "a=b", "DELETE"),
  ])
  func `every method goes out with its body or without`(method: HTTPRequest.Method, body: String, verb: String)
    async throws
  {
    let seen = Notes<ReceivedRequest>()
    let server = try LoopbackServer { connection, _ in
      while let request = connection.request() {
        seen.add(request)
        connection.answer(body: "{}")
      }
    }
    _ = try await client.http.send(request(method, port: server.port, body: body))
    let received = try #require(seen.all.first)
    #expect(received.start.hasPrefix(verb + " "))
    #expect(received.body == body)
    let length = received.headers.first { $0.hasPrefix("Content-Length:") }
    #expect(length == (method == .post || !body.isEmpty ? "Content-Length: \(body.utf8.count)" : nil))
  }

  @Test(arguments: [200, 201, 302, 400, 402, 404, 409, 429, 500, 503])
  func `any status is an answer, and redirects are not followed`(status: Int) async throws {
    let server = try LoopbackServer { connection, _ in
      while connection.request() != nil {
        connection.answer("\(status) Something", headers: ["Location: /elsewhere"], body: "{\"n\":1}")
      }
    }
    let response = try await client.http.send(request(port: server.port))
    #expect(response.status == status)
    #expect(response.body == Data("{\"n\":1}".utf8))
    #expect(server.connections == 1)
  }

  @Test func `headers are found whatever their case, and interim answers are not the answer`() async throws {
    let server = try LoopbackServer { connection, _ in
      while connection.request() != nil {
        connection.say("HTTP/1.1 103 Early Hints\r\nRequest-Id: wrong\r\n\r\n")
        connection.answer(headers: ["REQUEST-ID:req_1 ", "idempotent-replayed: true"])
      }
    }
    let response = try await client.http.send(request(port: server.port))
    #expect(response.status == 200)
    #expect(response.header("request-id") == "req_1")
    #expect(response.header("Idempotent-Replayed") == "true")
    #expect(response.header("Location") == nil)
    #expect(response.headers.count == 3)
  }

  @Test func `a chunked answer is whole, and its trailers are not headers`() async throws {
    let server = try LoopbackServer { connection, _ in
      while connection.request() != nil {
        connection.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.say("5\r\nhello\r\n6\r\n world\r\n0\r\nRequest-Id: late\r\n\r\n")
      }
    }
    let response = try await client.http.send(request(port: server.port))
    #expect(String(decoding: response.body, as: UTF8.self) == "hello world")
    #expect(response.header("Request-Id") == nil)
  }

  @Test func `a connection is kept and used again`() async throws {
    let server = try LoopbackServer { connection, _ in
      while connection.request() != nil { connection.answer(body: "{}") }
    }
    for _ in 0..<20 { _ = try await client.http.send(request(port: server.port)) }
    #expect(server.connections == 1)
  }

  @Test func `sixty-four requests are in flight at once`() async throws {
    let arrived = Counter()
    let server = try LoopbackServer { connection, _ in
      while let request = connection.request() {
        arrived.add()
        guard arrived.wait(for: 64) else { return }
        connection.answer(body: request.body)
      }
    }
    let bodies = try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<64 {
        group.addTask {
          let response = try await client.http.send(request(port: server.port, body: "n=\(number)"))
          return String(decoding: response.body, as: UTF8.self)
        }
      }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(bodies == Set((0..<64).map { "n=\($0)" }))
  }

  @Test func `an answer may be as large as the limit and no larger`() async throws {
    let server = try LoopbackServer { connection, _ in
      while let request = connection.request() {
        connection.answer(body: String(repeating: "x", count: Int(request.body) ?? 0))
      }
    }
    let response = try await client.http.send(request(port: server.port, body: "99000"))
    #expect(response.body.count == 99_000)
    await #expect(throws: TransportError.noAnswer("the answer is larger than 100000 bytes")) {
      _ = try await client.http.send(request(port: server.port, body: "100000"))
    }
  }

  @Test func `after shutdown nothing is sent, and what was in flight has no answer`() async throws {
    let arrived = Counter()
    let server = try LoopbackServer { connection, _ in
      guard connection.request() != nil else { return }
      arrived.add()
      connection.waitForEnd()
    }
    let short = CurlClient(configuration: CurlConfiguration(userAgent: "Dues-Test/1"))
    async let pending = outcome(short, request(port: server.port))
    await arrived.reached(1)
    short.shutdown()
    #expect(await pending == .noAnswer)
    #expect(await outcome(short, request(port: server.port)) == .notSent)
    short.shutdown()
    #expect(arrived.value == 1)
  }
}

/// How a request ended, without its words.
enum Outcome: Equatable, Sendable {
  case answered(Int)
  case notSent
  case noAnswer
}

func outcome(_ client: CurlClient, _ request: HTTPRequest) async -> Outcome {
  do {
    return .answered(try await client.http.send(request).status)
  } catch {
    switch error {
    case .notSent: return .notSent
    case .noAnswer: return .noAnswer
    }
  }
}
