/// One entry of a charge's or an agreement's history: what was decided or seen, and why (law 9).
///
/// The raw value is stored; the detail's keys are named beside each case.
package enum Happening: String, Sendable, CaseIterable, Codable {
  /// by
  case created
  /// number, intent, session, state
  case foundAtStripe = "found_at_stripe"
  /// reason
  case held
  case approved
  /// as, reason
  case judged
  /// number, method, retry
  case attemptWritten = "attempt_written"
  /// number, state, code, decline_code, advice_code, network_decline_code, network_advice_code, remedy, reason, intent
  case attemptConcluded = "attempt_concluded"
  /// number, intent
  case challengeOpened = "challenge_opened"
  /// number
  case confirmationWritten = "confirmation_written"
  /// number, reason
  case attemptResent = "attempt_resent"
  /// number
  case attemptTakenBack = "attempt_taken_back"
  /// deadline, reason
  case recoveryOpened = "recovery_opened"
  /// at, reason
  case retryPlanned = "retry_planned"
  /// reason
  case noRetry = "no_retry"
  /// at
  case retryChosen = "retry_chosen"
  /// reason, until
  case retryPostponed = "retry_postponed"
  /// number, by
  case checkoutWritten = "checkout_written"
  /// number, session, expires
  case checkoutOpened = "checkout_opened"
  /// number, reason
  case checkoutClosing = "checkout_closing"
  /// number, state, reason
  case checkoutClosed = "checkout_closed"
  /// by, intent, session
  case paid
  case processing
  /// reason
  case processingFailed = "processing_failed"
  /// intent, amount
  case secondPayment = "second_payment"
  /// amount, expected
  case wrongAmount = "wrong_amount"
  /// reason
  case cancelRequested = "cancel_requested"
  case canceled
  case uncollectible
  case intentClosing = "intent_closing"
  /// intent, state
  case intentClosed = "intent_closed"
  /// method, reason
  case methodChanged = "method_changed"
  /// kind, due
  case noticePlanned = "notice_planned"
  /// kind, to
  case noticeSent = "notice_sent"
  /// kind, reason
  case noticeDropped = "notice_dropped"
  /// kind, reason, next
  case noticeDelayed = "notice_delayed"
  /// kind, reason
  case noticeRefused = "notice_refused"
  /// kind
  case merchantTold = "merchant_told"
  /// kind, reason, next
  case merchantNotTold = "merchant_not_told"
  case agreementPaused = "agreement_paused"
  case agreementResumed = "agreement_resumed"
  case agreementCanceled = "agreement_canceled"
  case agreementActivated = "agreement_activated"
  /// amount, schedule, from
  case termsPlanned = "terms_planned"
  /// amount, schedule, from
  case termsChanged = "terms_changed"
  /// period
  case periodSkipped = "period_skipped"
  /// reason
  case retryAsked = "retry_asked"
  /// reason
  case settled
  /// session, given, terms, terms_of_service, promotions
  case consentGiven = "consent_given"
  /// session, method
  case setupVerifying = "setup_verifying"
  /// session, reason
  case setupFailed = "setup_failed"
  /// session, method, reason
  case setupRefused = "setup_refused"
  /// session, method
  case setupSuperseded = "setup_superseded"
  /// number, amount, intent
  case refundWritten = "refund_written"
  /// number, refund
  case refundMade = "refund_made"
  /// number, reason
  case refundRefused = "refund_refused"
  /// amount, received, intent
  case refunded
  /// amount, intent
  case disputed
  /// intent
  case disputeClosed = "dispute_closed"
  /// mandate, method
  case mandateEnded = "mandate_ended"
  /// mandate, method
  case mandateRestored = "mandate_restored"
}
