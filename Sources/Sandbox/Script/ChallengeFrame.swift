import Transport

/// The bank's question in a frame: of an intent, or of the intent behind a Checkout Session.
extension Account {
  func challengeFrame(_ query: FormValue) -> HTTPResponse {
    guard let owner = owner(ofSecret: query.text("client_secret")), waitsForBank(owner) else {
      return answeredFrame(query)
    }
    // The ids are those of Stripe's test page.
    return HTML(
      title: "3D Secure 2 Test Page",
      body: """
        <div class="question">
        <h1>Your bank asks: is this you?</h1>
        <p class="soft">Sandbox: this is not a bank.</p>
        <form method="post">
        <button id="test-source-authorize-3ds" name="bank" value="confirm">Complete</button>
        <button id="test-source-fail-3ds" class="other" name="bank" value="refuse">Fail</button>
        </form>
        </div>
        """, frame: HTML.Frame(query, script: "page.js")
    ).response()
  }

  mutating func answerChallenge(_ query: FormValue, confirmed: Bool) -> HTTPResponse {
    guard let owner = owner(ofSecret: query.text("client_secret")), waitsForBank(owner) else {
      return answeredFrame(query)
    }
    let id = owner["id"].text ?? ""
    do {
      switch owner["object"].text {
      case "checkout.session": _ = try submit(session: id, .bankAnswer(confirmed: confirmed), SandboxChoices())
      case "setup_intent": try authenticate(setup: id, confirmed: confirmed)
      default: try authenticate(intent: id, confirmed: confirmed)
      }
    } catch {
      // A refusal stands on the intent, where the page reads it.
    }
    return answeredFrame(query)
  }

  private func waitsForBank(_ owner: JSON) -> Bool {
    let intent = owner["object"] == "checkout.session" ? intent(ofSession: owner) ?? .null : owner
    return intent["status"] == "requires_action" && intent["next_action"]["type"] == "use_stripe_sdk"
  }

  private func answeredFrame(_ query: FormValue) -> HTTPResponse {
    HTML(
      title: "Done", body: "<p>Your bank has your answer.</p>",
      frame: HTML.Frame(query, script: "page.js", event: "answered")
    ).response()
  }

  /// The intent that a session's submit has made, or the setup it came with.
  func intent(ofSession session: JSON) -> JSON? {
    (session["setup_intent"].text ?? sessionNotes[session["id"].text ?? ""]?.hiddenIntent).flatMap { object($0) }
  }
}
