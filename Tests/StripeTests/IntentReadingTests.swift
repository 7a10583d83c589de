import Domain
import Foundation
import Testing
import Transport

@testable import Stripe

struct IntentReadingTests {
  private func read(_ status: Int, _ body: String, _ headers: [HTTPHeader] = []) -> IntentReading {
    IntentReading(
      StripeAnswer(StripeReply(HTTPResponse(status: status, headers: headers, body: Data(body.utf8)))))
  }

  private static func refusal(_ members: String) -> String { #"{"error":{\#(members)}}"# }

  // MARK: 200

  static let intents: [(fields: String, outcome: Outcome)] = [
    (
      #""status":"succeeded","amount":1099,"amount_received":1099,"currency":"usd""#,
      .succeeded(received: Money(amount: 1099, currency: .usd))
    ),
    (#""status":"processing""#, .processing),
    (
      #""status":"requires_action","next_action":{"type":"verify_with_microdeposits"}"#,
      .needsCustomer(
        Decline(code: "payment_intent_action_required", declineCode: nil, adviceCode: nil, isBankDebit: true))
    ),
    (
      #""status":"requires_payment_method","last_payment_error":{"code":"card_declined","decline_code":"insufficient_funds","advice_code":"try_again_later"}"#,
      declined("card_declined", "insufficient_funds", "try_again_later")
    ),
    (
      #""status":"requires_payment_method","last_payment_error":{"code":"authentication_required","decline_code":"authentication_required"}"#,
      .needsCustomer(Decline(code: "authentication_required", declineCode: "authentication_required", adviceCode: nil))
    ),
    (
      #""status":"requires_payment_method","latest_charge":{"id":"ch_1","outcome":{"type":"blocked"}},"last_payment_error":{"code":"card_declined","decline_code":"generic_decline"}"#,
      .declined(
        Decline(code: "card_declined", declineCode: "generic_decline", adviceCode: nil, isBlocked: true),
        Verdict(remedy: .stop, stop: .final, safeReason: .declined))
    ),
    (
      #""status":"requires_payment_method""#,
      .refused(.unexpectedAnswer, reason: "pi_1 was not confirmed: it wants a payment method")
    ),
    (#""status":"requires_confirmation""#, .refused(.unexpectedAnswer, reason: "pi_1 is requires_confirmation")),
    (#""status":"requires_capture""#, .refused(.unexpectedAnswer, reason: "pi_1 is requires_capture")),
    (#""status":"canceled""#, .refused(.intentCanceledElsewhere, reason: "pi_1 is canceled")),
    (#""status":"novel""#, .unresolved(reason: "pi_1 has a status that Dues does not know")),
    (#""status":"succeeded""#, .unresolved(reason: "pi_1 succeeded, but not in an amount that we can read")),
  ]

  private static func declined(_ code: String, _ declineCode: String?, _ advice: String?) -> Outcome {
    let decline = Decline(code: code, declineCode: declineCode, adviceCode: advice)
    return .declined(decline, decline.verdict)
  }

  @Test(arguments: intents.indices)
  func `a status says how an intent stands`(row: Int) {
    let (fields, outcome) = Self.intents[row]
    let reading = read(200, #"{"id":"pi_1","object":"payment_intent",\#(fields)}"#)
    #expect(reading.outcome == outcome)
    #expect(reading.intent == "pi_1")
  }

  // MARK: Refusals

  /// What is compared of an outcome whose details are tested elsewhere.
  enum Kind: Equatable {
    case paid, processing
    case declined(Remedy)
    case needsCustomer
    case refused(HeldReason)
    case unresolved
  }

  private func kind(_ outcome: Outcome) -> Kind {
    switch outcome {
    case .succeeded: .paid
    case .processing: .processing
    case .declined(_, let verdict): .declined(verdict.remedy)
    case .needsCustomer: .needsCustomer
    case .refused(let reason, _): .refused(reason)
    case .unresolved: .unresolved
    }
  }

  private static let invalid = #""type":"invalid_request_error""#
  private static let card = #""type":"card_error""#
  private static func unexpected(_ status: String) -> String {
    #"\#(invalid),"code":"payment_intent_unexpected_state","payment_intent":{"id":"pi_1","status":"\#(status)","amount_received":5,"currency":"usd"}"#
  }

  static let refusals: [(status: Int, error: String, kind: Kind)] = [
    (402, #"\#(card),"code":"card_declined","decline_code":"insufficient_funds""#, .declined(.wait)),
    (402, #"\#(card),"code":"card_declined","decline_code":"lost_card""#, .declined(.stop)),
    (402, #"\#(card),"code":"expired_card""#, .declined(.newDetails)),
    (402, #"\#(card),"code":"card_declined","decline_code":"novel""#, .declined(.wait)),
    (402, card, .declined(.wait)),
    (402, #"\#(card),"code":"authentication_required","decline_code":"authentication_required""#, .needsCustomer),
    (402, #"\#(card),"code":"authentication_required","decline_code":"authentication_not_handled""#, .needsCustomer),
    (
      402,
      #"\#(card),"code":"card_declined","decline_code":"generic_decline","payment_intent":{"id":"pi_1","status":"canceled"}"#,
      .declined(.wait)
    ),
    (402, #"\#(card),"payment_intent":{"id":"pi_1","status":"succeeded","amount_received":5,"currency":"usd"}"#, .paid),
    (402, #"\#(invalid),"message":"raw card numbers""#, .refused(.refusedByStripe)),
    (400, unexpected("succeeded"), .paid),
    (400, unexpected("processing"), .processing),
    (400, unexpected("requires_action"), .needsCustomer),
    (400, unexpected("canceled"), .refused(.intentCanceledElsewhere)),
    (400, unexpected("requires_capture"), .refused(.unexpectedAnswer)),
    (400, #"\#(invalid),"code":"payment_intent_unexpected_state""#, .unresolved),
    (400, #"\#(invalid),"code":"resource_missing","param":"payment_method""#, .declined(.newDetails)),
    (404, #"\#(invalid),"code":"resource_missing","param":"payment_method""#, .declined(.newDetails)),
    (400, #"\#(invalid),"code":"resource_missing","param":"customer""#, .refused(.customerGone)),
    (404, #"\#(invalid),"code":"resource_missing","param":"intent""#, .refused(.refusedByStripe)),
    (400, #"\#(invalid),"code":"expired_payment_method""#, .declined(.newDetails)),
    (400, #"\#(invalid),"code":"payment_method_unactivated""#, .declined(.newDetails)),
    (400, #"\#(invalid),"code":"payment_method_unexpected_state""#, .declined(.newDetails)),
    (400, #"\#(invalid),"code":"payment_intent_mandate_invalid""#, .declined(.newDetails)),
    (400, #"\#(invalid),"code":"payment_intent_authentication_failure""#, .needsCustomer),
    (400, #"\#(invalid),"code":"card_decline_rate_limit_exceeded""#, .declined(.wait)),
    (
      400,
      #"\#(invalid),"message":"The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, or was detached from a Customer. It may not be used again.""#,
      .declined(.newDetails)
    ),
    (
      400,
      #"\#(invalid),"message":"The customer does not have a payment method with the ID pm_1. The payment method must be attached to the customer.""#,
      .declined(.newDetails)
    ),
    (400, #"\#(invalid),"code":"amount_too_small","param":"amount""#, .refused(.refusedByStripe)),
    (400, #"\#(invalid),"code":"parameter_unknown","param":"payment_method""#, .refused(.refusedByStripe)),
    (400, #"\#(invalid),"code":"payment_method_types_no_longer_supported""#, .refused(.refusedByStripe)),
    (400, #"\#(invalid),"message":"Something about the account""#, .refused(.refusedByStripe)),
    (400, #""type":"idempotency_error","message":"Keys for idempotent requests …""#, .refused(.unexpectedAnswer)),
    (401, invalid, .refused(.refusedByStripe)),
    (403, #"\#(invalid),"code":"resource_missing","param":"customer""#, .refused(.refusedByStripe)),
    (404, invalid, .refused(.refusedByStripe)),
    (409, #"\#(invalid),"code":"idempotency_key_in_use""#, .unresolved),
    (424, #""type":"api_error""#, .unresolved),
    (429, #"\#(invalid),"code":"lock_timeout""#, .unresolved),
    (500, #""type":"api_error""#, .unresolved),
    (500, #"\#(card),"code":"card_declined""#, .unresolved),
  ]

  @Test(arguments: refusals.indices)
  func `a refusal is read by its status, type and code`(row: Int) {
    let (status, error, expected) = Self.refusals[row]
    let reading = read(status, Self.refusal(error))
    #expect(kind(reading.outcome) == expected, "\(status) \(error)")
    #expect(reading.isAuthenticationProblem == (status == 401 || status == 403))
  }

  @Test func `a declined create names its intent, card and charge`() {
    let reading = read(
      402,
      Self.refusal(
        #"""
        "type":"card_error","code":"card_declined","decline_code":"do_not_honor","charge":"ch_1",
        "network_decline_code":"05","payment_method":{"id":"pm_1","type":"card","card":{"fingerprint":"fp"}},
        "payment_intent":{"id":"pi_1","status":"requires_payment_method","payment_method":null,"latest_charge":"ch_1"}
        """#), [HTTPHeader("Request-Id", "req_1"), HTTPHeader("Idempotent-Replayed", "true")])
    #expect(reading.intent == "pi_1" && reading.intentStatus == .requiresPaymentMethod)
    #expect(reading.paymentMethod == "pm_1" && reading.fingerprint == "fp" && reading.latestCharge == "ch_1")
    #expect(reading.networkDeclineCode == "05" && reading.requestID == "req_1" && reading.isReplayed)
  }

  @Test func `a bank debit is judged as one`() throws {
    let reading = read(
      402,
      Self.refusal(
        #""type":"card_error","code":"insufficient_funds","payment_method":{"id":"pm_1","type":"us_bank_account"}"#))
    guard case .declined(let decline, let verdict) = reading.outcome else {
      Issue.record("\(reading.outcome)")
      return
    }
    #expect(decline.isBankDebit)
    #expect(verdict.attemptCap == 3)
  }

  @Test func `an answer that is no intent is unresolved`() {
    #expect(kind(read(200, #"{"object":"list"}"#).outcome) == .unresolved)
    #expect(kind(read(200, "<html>").outcome) == .unresolved)
    #expect(kind(read(404, "<html>").outcome) == .unresolved)
  }

  @Test func `what was not sent is told apart from what has no answer`() {
    let unsent = IntentReading(StripeAnswer.notSent(reason: "no route"))
    #expect(unsent.isUnsent && unsent.outcome == .unresolved(reason: "not sent: no route"))
    let unanswered = IntentReading(StripeAnswer.indeterminate(reason: "timeout", replayed: false, nil))
    #expect(!unanswered.isUnsent && unanswered.outcome == .unresolved(reason: "timeout"))
  }
}
