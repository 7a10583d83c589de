import Foundation
import TestSupport
import Testing

@testable import Transport

/// The difference between *not sent* and *no answer*, for every way in which an answer can fail to come.
struct CurlClientFailureTests {
  private let client = CurlClient(
    configuration: CurlConfiguration(userAgent: "Dues-Test/1", connectTimeout: .patience))

  private func request(_ url: String, headers: [HTTPHeader] = [], timeout: Duration = .patience) -> HTTPRequest {
    HTTPRequest(method: .post, url: url, headers: headers, body: Data("amount=1099".utf8), timeout: timeout)
  }

  private func url(_ server: LoopbackServer, scheme: String = "http") -> String {
    "\(scheme)://127.0.0.1:\(server.port)/"
  }

  // MARK: Not sent

  @Test func `a refused connection is not sent`() async throws {
    let port = try LoopbackServer.deadPort()
    #expect(await outcome(client, request("http://127.0.0.1:\(port)/")) == .notSent)
  }

  @Test(arguments: [
    "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "smtp://127.0.0.1/", "not a url", "http://", "",
    "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y", "http://127.0.0.1/\u{0}x",
  ])
  func `what is no request to a web server is not sent`(url: String) async {
    #expect(await outcome(client, request(url)) == .notSent)
  }

  @Test(arguments: [
    HTTPHeader("X-A", "b\r\nX-Injected: c"), HTTPHeader("X-A", "b\nc"), HTTPHeader("X-A", "b\u{0}c"),
    HTTPHeader("X A", "b"), HTTPHeader("X-A:", "b"), HTTPHeader("", "b"), HTTPHeader("X\r\nY", "b"),
  ])
  func `a header that would break out of its line is not sent`(header: HTTPHeader) async throws {
    let server = try LoopbackServer { connection, _ in
      if connection.request() != nil { connection.answer() }
    }
    #expect(await outcome(client, request(url(server), headers: [header])) == .notSent)
    #expect(server.connections == 0)
  }

  @Test func `a server that does not speak TLS gets nothing`() async throws {
    let server = try LoopbackServer { connection, _ in
      connection.say("220 this is not TLS\r\n")
      connection.waitForEnd()
    }
    #expect(await outcome(client, request(url(server, scheme: "https"))) == .notSent)
  }

  @Test func `a TLS handshake that never ends is not sent`() async throws {
    let server = try LoopbackServer { connection, _ in connection.waitForEnd() }
    let slow = request(url(server, scheme: "https"), timeout: .milliseconds(200))
    #expect(await outcome(client, slow) == .notSent)
  }

  @Test func `a certificate that nobody vouches for is not sent to, and one that is trusted is`() async throws {
    let server = try TLSServer()
    let secure = HTTPRequest(
      method: .get, url: "https://127.0.0.1:\(server.port)/", timeout: .patience)
    #expect(await outcome(client, secure) == .notSent)
    let trusting = CurlClient(configuration: CurlConfiguration(caFile: server.caFile, userAgent: "Dues-Test/1"))
    #expect(await outcome(trusting, secure) == .answered(200))
    var elsewhere = secure
    elsewhere.url = "https://localhost:\(server.port)/"
    #expect(await outcome(trusting, elsewhere) == .notSent)
  }

  // MARK: No answer

  @Test(arguments: [
    "", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"half\":",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "this is not HTTP\r\n\r\n", "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: nonsense\r\n\r\n",
  ])
  func `an answer that is cut off or no answer at all`(words: String) async throws {
    let server = try LoopbackServer { connection, _ in
      guard connection.request() != nil else { return }
      connection.say(words)
    }
    #expect(await outcome(client, request(url(server))) == .noAnswer)
  }

  @Test func `a reset after the request has no answer`() async throws {
    let server = try LoopbackServer { connection, _ in
      guard connection.request() != nil else { return }
      connection.reset()
    }
    #expect(await outcome(client, request(url(server))) == .noAnswer)
  }

  @Test func `a timeout after the request has no answer`() async throws {
    let arrived = Counter()
    let server = try LoopbackServer { connection, _ in
      guard connection.request() != nil else { return }
      arrived.add()
      connection.waitForEnd()
    }
    #expect(await outcome(client, request(url(server), timeout: .seconds(2))) == .noAnswer)
    #expect(arrived.value == 1)
  }

  @Test func `a timeout in the middle of the answer has no answer`() async throws {
    let server = try LoopbackServer { connection, _ in
      guard connection.request() != nil else { return }
      connection.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
      connection.waitForEnd()
    }
    #expect(await outcome(client, request(url(server), timeout: .seconds(2))) == .noAnswer)
  }

  @Test func `a timeout of nothing is a short one and not an endless one`() async throws {
    let server = try LoopbackServer { connection, _ in connection.waitForEnd() }
    let result = await outcome(client, request(url(server), timeout: .zero))
    #expect(result == .noAnswer || result == .notSent)
  }

  // MARK: Again by libcurl

  /// What ``CurlClient`` warns of: one call of ours, two requests at the server.
  @Test func `libcurl sends a request again when a kept connection ends without an answer`() async throws {
    let seen = Counter()
    let server = try LoopbackServer { connection, number in
      while connection.request() != nil {
        let isSecond = seen.add() == 2
        if isSecond { return }
        connection.answer(body: "{}")
      }
    }
    #expect(await outcome(client, request(url(server))) == .answered(200))
    #expect(await outcome(client, request(url(server))) == .answered(200))
    #expect(seen.value == 3)
    #expect(server.connections == 2)
  }

  /// The trap in judging by libcurl's last error: the first try left, only the second was refused.
  @Test func `a refused second try of libcurl's own has no answer, because the first had left`() async throws {
    let stopped = Notes<LoopbackServer>()
    let ready = Counter()
    let server = try LoopbackServer { connection, _ in
      guard connection.request() != nil else { return }
      connection.answer(body: "{}")
      guard connection.request() != nil, ready.wait(for: 1) else { return }
      stopped.all.forEach { $0.stop() }
    }
    stopped.add(server)
    ready.add()
    #expect(await outcome(client, request(url(server))) == .answered(200))
    #expect(await outcome(client, request(url(server))) == .noAnswer)
    #expect(server.connections == 1)
  }

  // MARK: Canceled

  @Test func `a request canceled before it starts is not sent`() async throws {
    let server = try LoopbackServer { connection, _ in connection.waitForEnd() }
    let gate = Counter()
    let task = Task { [client, request] in
      await gate.reached(1)
      return await outcome(client, request("http://127.0.0.1:\(server.port)/", [], .patience))
    }
    task.cancel()
    gate.add()
    #expect(await task.value == .notSent)
    #expect(server.connections == 0)
  }

  @Test func `a request canceled after it has left has no answer, and its connection ends`() async throws {
    let arrived = Counter()
    let ended = Counter()
    let server = try LoopbackServer { connection, _ in
      guard connection.request() != nil else { return }
      arrived.add()
      connection.waitForEnd()
      ended.add()
    }
    let task = Task { [client, request] in
      await outcome(client, request("http://127.0.0.1:\(server.port)/", [], .patience))
    }
    #expect(await arrived.reached(1))
    task.cancel()
    #expect(await task.value == .noAnswer)
    #expect(await ended.reached(1))
  }

  @Test func `a request canceled in the TLS handshake is not sent`() async throws {
    let greeted = Counter()
    let server = try LoopbackServer { connection, _ in
      greeted.add()
      connection.waitForEnd()
    }
    let task = Task { [client, request] in
      await outcome(client, request("https://127.0.0.1:\(server.port)/", [], .patience))
    }
    #expect(await greeted.reached(1))
    task.cancel()
    #expect(await task.value == .notSent)
  }

  @Test func `canceling one request leaves the others alone`() async throws {
    let arrived = Counter()
    let release = Counter()
    let server = try LoopbackServer { connection, _ in
      guard connection.request() != nil else { return }
      arrived.add()
      guard release.wait(for: 1) else { return }
      connection.answer(body: "{}")
    }
    let tasks = (0..<8).map { _ in
      Task { [client, request] in
        await outcome(client, request("http://127.0.0.1:\(server.port)/", [], .patience))
      }
    }
    #expect(await arrived.reached(8))
    tasks[3].cancel()
    #expect(await tasks[3].value == .noAnswer)
    release.add()
    for (index, task) in tasks.enumerated() where index != 3 { #expect(await task.value == .answered(200)) }
  }
}
