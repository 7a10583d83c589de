package import Foundation
import Transport

/// What tests, the demo and the simulation do to the sandbox that no API call does.
extension SandboxStripe {
  /// Why a hook could not do what it was asked.
  package struct Refusal: Error, Sendable, Equatable {
    package var message: String
  }

  /// Does what the page's POST does; the session's state says what that came to.
  @discardableResult
  package func submit(
    session id: String, _ entry: SandboxEntry, _ choices: SandboxChoices = SandboxChoices()
  ) throws(Refusal) -> SandboxStep {
    do {
      return try with { (account: inout Account) throws(StripeError) in
        try account.submit(session: id, entry, choices)
      }
    } catch {
      throw Refusal(message: error.message)
    }
  }

  /// Pays (or saves) with a test card, confirming where the bank asks; throws when that does not complete the session.
  ///
  /// - Returns: where the customer's browser goes next.
  @discardableResult
  package func complete(session id: String, card number: String) throws(Refusal) -> String {
    let year = 1970 + now / 31_556_952 + 3
    var step = try submit(
      session: id, .card(number: number, month: 12, year: year, name: "Jenny Rosen", email: "jenny@example.com"))
    if step == .bankAsks { step = try submit(session: id, .bankAnswer(confirmed: true)) }
    guard case .redirect(let url) = step else { throw Refusal(message: "\(id) is not complete: \(step)") }
    return url
  }

  /// From now on the bank behind this payment method answers so, whatever its card number was made for.
  package func setBehavior(of paymentMethod: String, _ behavior: SandboxBehavior) throws(Refusal) {
    let isThere = with { (account: inout Account) -> Bool in
      guard account.methodNotes[paymentMethod] != nil else { return false }
      account.methodNotes[paymentMethod]?.behavior = behavior
      return true
    }
    guard isThere else { throw Refusal(message: "there is no payment method \(paymentMethod)") }
  }

  /// Ends a bank debit that is `processing` now, one way or the other.
  package func settleDebit(of paymentIntent: String, succeeds: Bool) throws(Refusal) {
    let isProcessing = with { (account: inout Account) -> Bool in
      guard account.paymentIntents[paymentIntent]?["status"] == "processing" else { return false }
      account.settleDebit(paymentIntent: paymentIntent, as: succeeds)
      return true
    }
    guard isProcessing else { throw Refusal(message: "\(paymentIntent) is not processing") }
  }

  /// The owner of a bank account names the small deposits (or fails to) that a SetupIntent or PaymentIntent waits for.
  package func verifyMicrodeposits(of intent: String, succeeds: Bool) throws(Refusal) {
    let isWaiting = with { (account: inout Account) -> Bool in
      guard account.awaitsMicrodeposits(intent) else { return false }
      account.verify(microdepositsOf: intent, succeeds: succeeds)
      return true
    }
    guard isWaiting else { throw Refusal(message: "\(intent) waits for no small deposits") }
  }

  package func inject(_ fault: SandboxFault) { with { $0.faults.append(fault) } }
  package func removeFaults() { with { $0.faults = [] } }
  package var requests: [SandboxLoggedRequest] { with { $0.log.all } }
  package var deliveries: [SandboxDelivery] { with { $0.deliveries.all } }

  /// The object's JSON as the API would show it; nil if there is none.
  package func json(of id: String) -> Data? { with { $0.object(id)?.encoded } }

  /// Ids of every object of a kind (`payment_intent`, `charge`, `checkout.session`, `event` …), oldest first.
  package func ids(of kind: String) -> [String] {
    with { account in
      let tables = [
        account.customers, account.paymentMethods, account.paymentIntents, account.setupIntents, account.charges,
        account.refunds, account.disputes, account.sessions, account.events, account.endpoints,
      ]
      let table = tables.first { $0.newestFirst.first { _ in true }?["object"].text == kind }
      return (table?.newestFirst.compactMap { $0["id"].text } ?? []).reversed()
    }
  }

  /// Adds a webhook endpoint as the Dashboard would.
  ///
  /// - Returns: its signing secret.
  @discardableResult
  package func addWebhookEndpoint(url: String, events: [String] = ["*"], secret: String? = nil) -> String {
    with { account in
      let id = account.newEndpoint(
        url: url, events: events, secret: secret, apiVersion: account.configuration.apiVersion)
      return account.endpointSecrets[id] ?? ""
    }
  }

  /// Sends an event once more to every endpoint that wants it, as "Resend" does: doubled events are Stripe's habit.
  package func resend(event id: String) {
    with { account in
      guard let type = account.events[id]?["type"].text else { return }
      for endpoint in account.endpoints.newestFirst
      where endpoint["enabled_events"].elements.contains(where: { Account.matches(type, $0.text ?? "") }) {
        account.deliveries.add(event: id, endpoint: endpoint["id"].text ?? "", at: account.now)
      }
    }
  }
}
