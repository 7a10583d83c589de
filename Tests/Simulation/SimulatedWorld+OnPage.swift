import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Transport

/// A customer who pays on our own page: with the card that failed or another one, asked by their bank or not, in two tabs,
/// back after an hour, or never again.
extension SimulatedWorld {
  func payOnPage() async {
    let charges = judge.charges(in: chance.happens(850) ? ["recovering", "attempting"] : nil)
    if let charge = chance.pickIfAny(charges) { await payOnPage(charge) }
  }

  /// What a customer types into our page.
  enum Entry {
    /// The card that failed, or another.
    case any
    /// The card that failed.
    case own
    /// Another one.
    case another
    /// One whose bank asks, and nobody answers it.
    case leavingBank
  }

  func payOnPage(_ charge: String, with entry: Entry = .any) async {
    let own = column("payment_method", of: charge)
    let method: String? =
      switch entry {
      case .any: chance.happens(600) ? own : typedCard()
      case .own: own
      case .another: typedCard()
      case .leavingBank: typed("tok_threeDSecure2Required")
      }
    guard plan.hasPages, let method else { return }
    var secret: String?
    for _ in 0..<(chance.happens(200) ? 2 : 1) {
      await serve("paying on our page \(charge)") { engine in
        let answer = try await engine.payOnPage(ChargeID(charge), with: PaymentMethodID(method))
        book.note("on our page \(charge.prefix(12)) with \(method): \(answer)")
        if case .requiresAction(let given) = answer { secret = given }
        _ = await engine.fulfillAndNotify()
      }
    }
    book.cover { $0.happened("paying on our page") }
    guard let intent = secret?.split(separator: "_secret_").first.map(String.init) else { return }
    book.cover { $0.happened("a bank asks on our page") }
    guard entry != .leavingBank, chance.happens(800) else { return }
    await timeline.sleep(chance.duration(.zero, .minutes(chance.pick([1, 20, 90]))))
    stripe(.post, "/c/authenticate/\(intent)", "bank=\(chance.happens(750) ? "confirm" : "refuse")")
    judge.step("a bank was answered")
    guard chance.happens(800) else { return }
    await timeline.sleep(chance.duration(.zero, .minutes(chance.pick([1, 20, 90]))))
    for _ in 0..<(chance.happens(200) ? 2 : 1) {
      await serve("confirming on our page \(charge)") { engine in
        let answer = try await engine.confirmOnPage(ChargeID(charge), PaymentIntentID(intent))
        book.note("on our page \(charge.prefix(12)): \(answer)")
        _ = await engine.fulfillAndNotify()
      }
    }
    book.cover { $0.happened("confirming on our page") }
  }

  /// Typed into Stripe's fields: it belongs to nobody yet.
  private func typedCard() -> String? {
    typed(
      chance.pick(weighted: [
        (6, "tok_visa"), (2, "tok_chargeDeclinedInsufficientFunds"), (3, "tok_threeDSecure2Required"),
        (1, "tok_chargeDeclinedLostCard"),
      ]))
  }

  private func typed(_ token: String) -> String? {
    let known = Set(sandbox.ids(of: "payment_method"))
    stripe(.post, "/v1/payment_methods", "type=card&card[token]=\(token)")
    return sandbox.ids(of: "payment_method").first { !known.contains($0) }
  }
}
