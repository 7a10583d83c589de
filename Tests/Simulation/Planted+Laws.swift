/// Which laws of docs/ARCHITECTURE.md a planted defect breaks, and as what the judges see it.
extension Planted {
  /// The numbers of the laws that it breaks.
  package var laws: Set<Int> {
    switch self {
    case .changedAmount, .lostPeriod, .doubledAgreement, .changedTerms, .oldAmount, .skippedAnyway: [1]
    case .freshKeyOnResend, .oneKeyForAll, .doubledRefund, .lostRefund, .foreignMethod, .freshKeyOnRefund,
      .wholeRefund:
      [2]
    case .amountOnResend, .replayUnseen, .youngForever, .neverLeft, .reopenedAttempt: [3]
    case .doubledCharge: [2, 4]
    case .forgottenAttempts, .unfenced: [4]
    case .swallowedExpire, .swallowedCancel, .believedClosed, .staleCheck: [5]
    case .successIsDecline: [5, 6]
    case .declineIsSuccess, .blindTrust, .hiddenIntents: [6]
    case .unpaid, .doubledFulfillment, .stuckCancel, .blindDuplicates, .duplicateUnseen: [7]
    case .processingIsPaid, .processingIsDecline: [8]
    case .silentPayment, .heldUnseen, .disputeUnseen, .disputePausesNothing, .stuckNotice, .endlessRecovery, .lostMail,
      .renamedMail, .lostMessage, .renamedMessage, .reopenedRefund, .earlyRetry, .unlimited:
      [9]
    case .lostFulfillment: [7, 10]
    case .splitCommit, .lostPayment, .lostNotice, .lostSetup, .refundUncounted: [10]
    }
  }

  /// What the judges say of it; another complaint than these does not count as having seen it.
  var complaints: Set<String> {
    switch self {
    case .freshKeyOnResend, .oneKeyForAll, .lostRefund, .freshKeyOnRefund: ["law 2: written before sent"]
    case .foreignMethod: ["law 2: written before sent", "nobody pays with another's method"]
    case .doubledRefund: ["law 2: written before sent", "a refund is made once"]
    case .wholeRefund: ["law 2: written before sent", "a refund is as asked"]
    case .doubledCharge:
      ["law 2: written before sent", "law 4: one off-session intent", "law 7: never charged twice"]
    case .amountOnResend: ["law 3: same key, same bytes"]
    case .replayUnseen: ["law 3: a replayed answer ends resending"]
    case .youngForever, .neverLeft: ["law 3: never resent after 20 hours"]
    case .reopenedAttempt: ["one live attempt at most, and only of a charge in flight"]
    case .swallowedExpire, .believedClosed, .successIsDecline:
      ["law 5: one live instrument", "seen closed is closed"]
    case .processingIsDecline: ["law 8: processing is never charged again"]
    case .swallowedCancel: ["seen closed is closed", "law 4: one off-session intent", "law 5: one live instrument"]
    case .declineIsSuccess, .processingIsPaid, .blindTrust: ["law 6: paid is only what Stripe has received"]
    case .hiddenIntents: ["never lost: Stripe's success is paid here", "a dispute is seen", "what went back is known"]
    case .blindDuplicates: ["a duplicate is never the only success"]
    case .duplicateUnseen: ["a second success is said aloud"]
    case .unpaid: ["law 7: paid is final", "law 9: nothing is silent"]
    case .lostFulfillment, .doubledFulfillment, .splitCommit:
      ["paid is told to the merchant, once", "paid is told once"]
    case .stuckCancel:
      ["withdrawn is withdrawn", "law 7: nothing is sent after the end", "a failed charge has a mail planned"]
    case .lostNotice: ["a failed charge has a mail planned"]
    case .stuckNotice: ["no notice is forgotten"]
    case .changedAmount, .oldAmount: ["law 1: what is owed is fixed"]
    case .changedTerms: ["law 1: what is owed is fixed", "the terms that were shown"]
    case .lostPeriod: ["law 1: each period once"]
    case .skippedAnyway: ["law 1: no period but the agreed"]
    case .doubledAgreement: ["one agreement for one setup", "one agreement for one job"]
    case .lostSetup: ["no setup is forgotten"]
    case .forgottenAttempts: ["numbers of attempts go up by one, and are remembered"]
    case .silentPayment: ["law 9: nothing is silent"]
    case .lostPayment: ["paid has its payment, or a person's judgment"]
    case .endlessRecovery: ["a recovery ends"]
    case .heldUnseen: ["held stands before a person"]
    case .earlyRetry: ["never twice in 24 hours"]
    case .reopenedRefund: ["no refund is forgotten"]
    case .refundUncounted: ["what went back is known"]
    case .disputeUnseen: ["a dispute stands before a person"]
    case .disputePausesNothing: ["a dispute pauses its agreement"]
    case .unfenced:
      ["never lost: Stripe's success is paid here", "law 7: at most one success", "law 4: one off-session intent"]
    case .lostMail: ["sent is sent"]
    case .renamedMail: ["sent is sent", "one notice, one Message-ID"]
    case .lostMessage, .renamedMessage: ["paid is told once", "one message, one id"]
    case .unlimited: ["a limit holds"]
    case .staleCheck: ["law 5: one live instrument"]
    }
  }
}
