import Transport

extension Account {
  /// `/`: the newest of everything, for a person trying things out.
  var indexPage: HTTPResponse {
    HTML(
      title: "Sandbox",
      body: """
        <h1>Sandbox</h1>
        \(clock)
        \(table("Checkout sessions", ["session", "mode", "status", "payment"], sessionRows))
        \(table("Payments", ["intent", "amount", "status"], intentRows))
        \(table("Setups", ["intent", "customer", "status"], setupRows))
        \(table("Webhook deliveries", ["event", "to", "state", "tries", "answer", ""], deliveryRows))
        \(table("Requests", ["method", "path", "status", "idempotency key"], requestRows))
        """, isWide: true
    ).response()
  }

  private var clock: String {
    let steps = [("3600", "an hour"), ("86400", "a day"), ("345600", "four days"), ("2592000", "30 days")]
    let buttons = steps.map { "<button class=\"step\" name=\"advance\" value=\"\($0)\">\($1)</button>" }
    return """
      <p>The clock says \(httpDate(now)).</p>
      <form method="post" action="/clock" class="steps"><span>On by</span> \(buttons.joined(separator: " "))</form>
      """
  }

  private var sessionRows: [[String]] {
    sessions.newestFirst.prefix(20).map { session in
      let id = session["id"].text ?? ""
      let page = session["url"].text != nil ? " <a href=\"/c/pay/\(HTML.escape(id))\">open</a>" : ""
      return [link(id) + page] + ["mode", "status", "payment_status"].map { HTML.escape(session[$0].text ?? "") }
    }
  }

  private var intentRows: [[String]] {
    paymentIntents.newestFirst.prefix(20).map { intent in
      let amount = Amounts.display(intent["amount"].integer ?? 0, intent["currency"].text ?? "usd")
      return [link(intent["id"].text ?? ""), HTML.escape(amount), HTML.escape(intent["status"].text ?? "")]
    }
  }

  private var setupRows: [[String]] {
    setupIntents.newestFirst.prefix(10).map { intent in
      let id = intent["id"].text ?? ""
      let verify = awaitsMicrodeposits(id) ? " <a href=\"/c/verify/\(HTML.escape(id))\">verify</a>" : ""
      return [link(id) + verify, link(intent["customer"].text ?? ""), HTML.escape(intent["status"].text ?? "")]
    }
  }

  private var deliveryRows: [[String]] {
    deliveries.all.suffix(20).reversed().map { delivery in
      let event = HTML.escape(delivery.event)
      let type = events[delivery.event]?["type"].text ?? ""
      return ["<a href=\"/objects/\(event)\">\(HTML.escape(type))</a>"]
        + [
          endpoints[delivery.endpoint]?["url"].text ?? "", delivery.state.rawValue, String(delivery.tries),
          String((delivery.lastAnswer ?? "").prefix(60)),
        ].map(HTML.escape)
        + ["<form method=\"post\" action=\"/resend/\(event)\"><button class=\"step\">send again</button></form>"]
    }
  }

  private var requestRows: [[String]] {
    log.all.suffix(20).reversed().map { request in
      [
        request.method, request.path, request.status == 0 ? "none" : String(request.status),
        request.idempotencyKey ?? "",
      ].map(HTML.escape)
    }
  }

  private func link(_ id: String) -> String {
    guard object(id) != nil else { return HTML.escape(id) }
    let shown = id.count > 24 ? "\(id.prefix(24))…" : id
    return "<a href=\"/objects/\(HTML.escape(id))\">\(HTML.escape(shown))</a>"
  }

  private func table(_ title: String, _ heads: [String], _ rows: [[String]]) -> String {
    guard !rows.isEmpty else { return "<h2>\(title)</h2>\n<p class=\"soft\">None yet.</p>" }
    let head = heads.map { $0.isEmpty ? "<td></td>" : "<th scope=\"col\">\($0)</th>" }.joined()
    let body = rows.map { "<tr>" + $0.map { "<td>\($0)</td>" }.joined() + "</tr>" }.joined(separator: "\n")
    return
      "<h2>\(title)</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(title)\"><table><thead><tr>\(head)</tr></thead><tbody>\(body)</tbody></table></div>"
  }
}

extension SandboxStripe {
  /// `/objects/:id`: the object as the API shows it.
  func objectPage(_ id: String) -> HTTPResponse {
    guard let object = with({ $0.object(id) }) else { return Pages.notFound }
    return HTML(
      title: id,
      body: """
        <h1>\(HTML.escape(id))</h1>
        <div class="scroll" tabindex="0" role="region" aria-label="JSON"><pre>\(HTML.escape(object.indented()))</pre></div>
        <p><a href="/">Back to the sandbox</a></p>
        """, isWide: true
    ).response()
  }

  /// The buttons of the index page.
  func moveClockByPage(_ form: FormValue) -> HTTPResponse {
    if let seconds = form.integer("advance"), (0...31_622_400).contains(seconds) { advance(by: seconds) }
    return Pages.redirect(to: "/")
  }

  func resendByPage(_ event: String) -> HTTPResponse {
    resend(event: event)
    return Pages.redirect(to: "/")
  }
}
