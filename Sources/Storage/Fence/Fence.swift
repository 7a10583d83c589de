/// Why a ledger sends nothing: this may be a copy, a clone or an older backup, and the real one has gone on, or still does.
package enum Fence: Sendable, Hashable {
  /// It lies elsewhere than where it belongs.
  case elsewhere(home: String, here: String)
  /// The file beside it has come further: an older copy was put in its place.
  case behindItsFile(progress: Int64, file: Int64)
  /// Stripe has something under this ledger's id that the ledger does not know.
  case behindStripe(String)
  /// Nothing vouches for it: the file beside it is missing, or Stripe's events of a while are gone. The next tick compares
  /// it with Stripe, and goes on, or fences it for good.
  case unproven(file: String)

  /// What is wrong, and what to do.
  package var advice: String {
    let lift = "nothing is sent; stop every other copy of it, run `dues reconcile`, then `dues fence lift`"
    return switch self {
    case .elsewhere(let home, let here):
      "this ledger belongs to \(home), and lies at \(here): it is a copy, or was moved (store.instance allows that); \(lift)"
    case .behindItsFile(let progress, let file):
      "this ledger has come to \(progress), and the file beside it to \(file): an older copy was put in its place; \(lift)"
    case .unproven(let file):
      "nothing vouches for this ledger (\(file) is missing, or it has not run for a month): run `dues tick`, which compares it with Stripe"
    case .behindStripe(let what):
      "Stripe has what this ledger does not know (\(what)): it is an older copy, or another copy is at work; \(lift)"
    }
  }
}
