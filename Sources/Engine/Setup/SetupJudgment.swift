import Domain
import Stripe

/// Whether a method that a setup session has saved can be charged while the customer is away. Pure.
///
/// What only the bank knows (whether it will want the customer each time) is not known before the first charge.
struct SetupJudgment {
  let methods: PaymentMethodTypes
  /// In the business's zone; a card is good until the end of its month.
  let today: CivilDate
  /// The same card or account was stopped before.
  let isStopped: Bool

  /// - Parameter isVerified: `false` while the bank is still verifying: then there is no mandate yet.
  func refusal(of method: StripePaymentMethod, in intent: SetupIntent, isVerified: Bool) -> SetupRefusal? {
    if intent.usage == .onSession { return .onSession }
    if intent.mandate == nil, intent.singleUseMandate != nil { return .singleUse }
    guard let type = method.type, !Self.oneTimeTypes.contains(type) else { return .singleUse }
    if case .list(let names) = methods, !names.contains(type) { return .typeNotAllowed }
    if isStopped { return .cardStopped }
    if let card = method.card, isExpired(card) { return .cardExpired }
    let bank = method.usBankAccount ?? method.sepaDebit
    if bank?.statusDetails?.blocked != nil { return .accountBlocked }
    return isVerified ? refusal(ofMandateIn: intent, isNeeded: method.isBankDebit) : nil
  }

  private func refusal(ofMandateIn intent: SetupIntent, isNeeded: Bool) -> SetupRefusal? {
    guard let mandate = intent.mandate else { return isNeeded ? .noMandate : nil }
    if mandate.object?.type == .singleUse { return .singleUse }
    return mandate.object?.status == .inactive ? .mandateInactive : nil
  }

  private func isExpired(_ card: StripePaymentMethod.Card) -> Bool {
    guard let month = card.expMonth, let year = card.expYear else { return false }
    return (year, month) < (today.year, today.month)
  }

  /// Types of Stripe's that pay once; what they may leave for later is another method (docs/STRIPE.md §9).
  private static let oneTimeTypes: Set<String> = [
    "affirm", "afterpay_clearpay", "alipay", "bancontact", "blik", "boleto", "customer_balance", "eps", "fpx",
    "giropay", "grabpay", "ideal", "konbini", "multibanco", "oxxo", "p24", "paynow", "promptpay", "sofort", "swish",
    "wechat_pay",
  ]
}
