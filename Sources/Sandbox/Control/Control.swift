import Transport

/// `/_sandbox/…`: what a script or a person does to the sandbox over HTTP.
extension SandboxStripe {
  func control(_ method: HTTPRequest.Method, _ path: [String], query: FormValue, _ form: FormValue) -> HTTPResponse {
    if method != .get { with { $0.revision += 1 } }
    return answer(to: method, path, query: query, form)
  }

  private func answer(
    to method: HTTPRequest.Method, _ path: [String], query: FormValue, _ form: FormValue
  ) -> HTTPResponse {
    switch (method, path.first ?? "", path.count) {
    case (.get, "clock", 1): return clockAnswer
    case (.post, "clock", 1): return moveClock(form)
    case (.post, "reset", 1):
      reset()
      return Pages.json(["reset": true])
    case (.get, "requests", 1): return requestLog(query)
    case (.get, "deliveries", 1): return deliveryLog
    case (.post, "faults", 1): return addFault(form)
    case (.delete, "faults", 1):
      removeFaults()
      return Pages.json(["faults": 0])
    case (.post, "bank_debits", 2): return settle(path[1], form)
    case (.post, "mandates", 3) where path[2] == "revoke":
      return answer { () throws(Refusal) in try revoke(mandate: path[1]) }
    case (.post, "microdeposits", 2): return nameDeposits(path[1], form)
    case (.post, "payment_methods", 2): return changeBehavior(path[1], form)
    case (.post, "payment_methods", 3) where path[2] == "update": return updateCard(path[1], form)
    case (.post, "refunds", 3) where path[2] == "settle": return settleRefund(path[1], form)
    case (.post, "charges", 3) where path[2] == "dispute": return openDispute(path[1], form)
    case (.post, "disputes", 3) where path[2] == "close": return closeDispute(path[1], form)
    case (.post, "sessions", 3) where path[2] == "complete": return completeSession(path[1], form)
    default: return Pages.json(["error": "there is no such control"], status: 404)
    }
  }

  private var clockAnswer: HTTPResponse { Pages.json(["now": .int(now)]) }

  /// `advance=SECONDS` or `now=UNIX`; the clock never goes back.
  private func moveClock(_ form: FormValue) -> HTTPResponse {
    let seconds = form.integer("advance") ?? form.integer("now").map { $0 - now }
    guard let seconds, seconds >= 0 else {
      return Pages.json(["error": "advance=SECONDS or now=UNIX, forward only"], status: 400)
    }
    advance(by: seconds)
    return clockAnswer
  }

  private func requestLog(_ question: FormValue) -> HTTPResponse {
    Pages.json([
      "data": .array(
        with { $0.log.matching(question) }.map {
          [
            "at": .int($0.at), "method": .string($0.method), "path": .string($0.path),
            "parameters": .string($0.parameters), "status": .int($0.status),
            "idempotency_key": JSON($0.idempotencyKey), "request_id": .string($0.requestID),
            "replay": .bool($0.isReplay),
          ]
        })
    ])
  }

  private var deliveryLog: HTTPResponse {
    Pages.json([
      "data": .array(
        deliveries.map {
          [
            "event": .string($0.event), "type": .string($0.type), "url": .string($0.url),
            "state": .string($0.state.rawValue), "tries": .int($0.tries), "answer": JSON($0.lastAnswer),
          ]
        })
    ])
  }

  /// `kind=…&method=POST&path=/v1/payment_intents&count=1`, with `reason=` for a 429 and `seconds=` for a slow one.
  private func addFault(_ form: FormValue) -> HTTPResponse {
    guard let kind = form.text("kind").flatMap(SandboxFault.Kind.init(rawValue:)) else {
      let kinds = SandboxFault.Kind.allCases.map(\.rawValue).joined(separator: ", ")
      return Pages.json(["error": .string("kind is one of \(kinds)")], status: 400)
    }
    guard let limit = SandboxFault.Limit(rawValue: form.text("reason") ?? "endpoint-rate") else {
      let reasons = SandboxFault.Limit.allCases.map(\.rawValue).joined(separator: ", ")
      return Pages.json(["error": .string("reason is one of \(reasons)")], status: 400)
    }
    let method = form.text("method").map { HTTPRequest.Method(rawValue: $0.uppercased()) }
    let count = form.integer("count") ?? 1
    let seconds = form.integer("seconds") ?? 1
    guard method != .some(nil), (1...1_000_000).contains(count), (0...3600).contains(seconds) else {
      return Pages.json(
        ["error": "method is GET, POST or DELETE, count 1 to 1000000, seconds 0 to 3600"], status: 400)
    }
    inject(
      SandboxFault(
        kind, method: method ?? nil, pathPrefix: form.text("path") ?? "/v1/", count: count, limit: limit,
        seconds: seconds))
    return Pages.json(["queued": true])
  }

  /// `outcome=succeed|fail`.
  private func settle(_ intent: String, _ form: FormValue) -> HTTPResponse {
    guard let outcome = form.text("outcome"), ["succeed", "fail"].contains(outcome) else {
      return Pages.json(["error": "outcome=succeed or outcome=fail"], status: 400)
    }
    return answer { () throws(Refusal) in try settleDebit(of: intent, succeeds: outcome == "succeed") }
  }

  /// `outcome=succeed|fail`, for a SetupIntent or PaymentIntent.
  private func nameDeposits(_ intent: String, _ form: FormValue) -> HTTPResponse {
    guard let outcome = form.text("outcome"), ["succeed", "fail"].contains(outcome) else {
      return Pages.json(["error": "outcome=succeed or outcome=fail"], status: 400)
    }
    return answer { () throws(Refusal) in try verifyMicrodeposits(of: intent, succeeds: outcome == "succeed") }
  }

  /// `decline=CODE`, or nothing for a method that pays.
  private func changeBehavior(_ method: String, _ form: FormValue) -> HTTPResponse {
    let decline = form.text("decline").map { SandboxBehavior.declinesCharges(SandboxDecline($0)) }
    return answer { () throws(Refusal) in try setBehavior(of: method, decline ?? .succeeds) }
  }

  /// `card=NUMBER`: fills in the page without a browser.
  private func completeSession(_ id: String, _ form: FormValue) -> HTTPResponse {
    answer { () throws(Refusal) in try complete(session: id, card: form.text("card") ?? "4242424242424242") }
  }

  func answer(_ body: () throws(Refusal) -> Void) -> HTTPResponse {
    do {
      try body()
      return Pages.json(["done": true])
    } catch {
      return Pages.json(["error": .string(error.message)], status: 400)
    }
  }
}
