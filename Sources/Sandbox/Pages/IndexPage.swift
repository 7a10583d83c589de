import Transport

extension Account {
  /// `/`: the newest sessions, payments and deliveries, for a person trying things out.
  var indexPage: HTTPResponse {
    HTML(
      title: "Sandbox",
      body: """
        <h1>Sandbox</h1>
        <p class="soft">The clock says \(httpDate(now)).</p>
        \(table("Checkout sessions", ["session", "mode", "status", "payment"], sessionRows))
        \(table("Payments", ["intent", "amount", "status"], intentRows))
        \(table("Webhook deliveries", ["event", "to", "state", "tries", "answer"], deliveryRows))
        """
    ).response()
  }

  private var sessionRows: [[String]] {
    sessions.newestFirst.prefix(20).map { session in
      let id = HTML.escape(session["id"].text ?? "")
      let link = session["status"] == "open" ? "<a href=\"/c/pay/\(id)\">\(id.prefix(20))…</a>" : "\(id.prefix(20))…"
      return [link] + ["mode", "status", "payment_status"].map { HTML.escape(session[$0].text ?? "") }
    }
  }

  private var intentRows: [[String]] {
    paymentIntents.newestFirst.prefix(20).map { intent in
      let amount = Amounts.display(intent["amount"].integer ?? 0, intent["currency"].text ?? "usd")
      return [intent["id"].text ?? "", amount, intent["status"].text ?? ""].map(HTML.escape)
    }
  }

  private var deliveryRows: [[String]] {
    deliveries.all.suffix(20).reversed().map { delivery in
      [
        events[delivery.event]?["type"].text ?? "", endpoints[delivery.endpoint]?["url"].text ?? "",
        delivery.state.rawValue, String(delivery.tries), delivery.lastAnswer ?? "",
      ].map(HTML.escape)
    }
  }

  private func table(_ title: String, _ heads: [String], _ rows: [[String]]) -> String {
    guard !rows.isEmpty else { return "<h2>\(title)</h2>\n<p class=\"soft\">None yet.</p>" }
    let head = heads.map { "<th scope=\"col\">\($0)</th>" }.joined()
    let body = rows.map { "<tr>" + $0.map { "<td>\($0)</td>" }.joined() + "</tr>" }.joined(separator: "\n")
    return
      "<h2>\(title)</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(title)\"><table><thead><tr>\(head)</tr></thead><tbody>\(body)</tbody></table></div>"
  }
}
