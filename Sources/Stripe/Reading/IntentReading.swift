package import Domain

/// What Stripe's answer about a PaymentIntent means for the attempt behind it.
///
/// The rules are those of docs/STRIPE.md §3, in this order:
/// 1. An intent that says succeeded or processing is believed wherever it stands, also inside a refusal.
/// 2. No certain answer: unresolved, whatever the status was.
/// 3. A card error is a decline, or wants the customer.
/// 4. A 400 about the payment method is a decline that new details help.
/// 5. Any other refusal is ours to mend.
package struct IntentReading: Sendable, Hashable {
  package var outcome: Outcome
  /// Also of a refused create: it has made an intent, which stays open.
  package var intent: PaymentIntentID?
  package var intentStatus: PaymentIntent.Status?
  package var paymentMethod: PaymentMethodID?
  package var latestCharge: StripeChargeID?
  /// Of the card or account that was tried; what the budget is counted by.
  package var fingerprint: String?
  /// Raw codes of the network, for history; they mean different things per brand.
  package var networkDeclineCode: String?
  package var requestID: String?
  package var isReplayed = false
  /// The key is wrong or may not do this: nothing is known about the charge, and every other would fare alike.
  package var isAuthenticationProblem = false
  /// Certainly nothing reached Stripe: safe to give back to the queue.
  package var isUnsent = false
  /// The words of a refusal that Stripe need not have kept under the key. Of an earlier sending of the same request, which may
  /// still be on its way, it says nothing.
  package var passingRefusal: String?
  /// There was such a sending in the same call.
  package var followsSilence = false

  private init(_ outcome: Outcome) { self.outcome = outcome }

  /// Reads the answer to a create or confirm.
  package init(_ answer: StripeAnswer) {
    switch answer {
    case .success(let reply):
      do {
        self.init(try reply.decode(PaymentIntent.self))
      } catch {
        self.init(.unresolved(reason: "Stripe's answer is no PaymentIntent (\(reply.requestID ?? "no request id"))"))
      }
    case .failure(let reply, let error):
      self.init(error)
      if !reply.isReplayed, !error.isAuthenticationProblem, !error.bindsEarlierSendings {
        passingRefusal = error.sentence
      }
      followsSilence = reply.followsSilence
    case .indeterminate(let reason, _, let reply):
      self.init(.unresolved(reason: reason))
      // Even an answer that decides nothing may name the intent.
      if let intent = reply.flatMap(StripeErrorBody.init)?.paymentIntent { take(intent) }
    case .notSent(let reason):
      self.init(.unresolved(reason: "not sent: \(reason)"))
      isUnsent = true
    }
    requestID = answer.reply?.requestID
    isReplayed = answer.reply?.isReplayed ?? false
  }

  /// Reads an intent as it stands: a 200, an event's object, a list's element.
  package init(_ intent: PaymentIntent) {
    self.init(Self.outcome(of: intent))
    take(intent)
  }

  /// Reads a refusal.
  package init(_ refusal: StripeErrorBody) {
    if let intent = refusal.paymentIntent, intent.status == .succeeded || intent.status == .processing {
      self.init(intent)
      return
    }
    self.init(Self.outcome(of: refusal))
    if let intent = refusal.paymentIntent { take(intent) }
    isAuthenticationProblem = refusal.isAuthenticationProblem
    paymentMethod = paymentMethod ?? refusal.error.paymentMethod?.id
    latestCharge = latestCharge ?? refusal.error.charge.map { StripeChargeID($0) }
    fingerprint = fingerprint ?? refusal.error.paymentMethod?.fingerprint
    networkDeclineCode = networkDeclineCode ?? refusal.error.networkDeclineCode
  }

  private mutating func take(_ read: PaymentIntent) {
    intent = read.id
    intentStatus = read.status
    // A declined intent lets go of its method; the error remembers it.
    paymentMethod = read.paymentMethod?.id ?? read.lastPaymentError?.paymentMethod?.id
    latestCharge = read.latestCharge?.id
    fingerprint =
      read.latestCharge?.object?.fingerprint ?? read.paymentMethod?.object?.fingerprint
      ?? read.lastPaymentError?.paymentMethod?.fingerprint
    networkDeclineCode = read.lastPaymentError?.networkDeclineCode
  }
}

extension StripePaymentMethod {
  package var fingerprint: String? { card?.fingerprint ?? usBankAccount?.fingerprint ?? sepaDebit?.fingerprint }
}
