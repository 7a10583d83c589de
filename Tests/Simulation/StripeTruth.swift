import Foundation
import Sandbox
import Transport

/// A PaymentIntent as Stripe has it.
struct IntentTruth: Sendable, Equatable {
  let id: String
  /// What our metadata say; `nil`: it is not ours.
  let charge: String?
  let attempt: Int?
  let status: String
  let amount: Int
  let currency: String
  let received: Int
  let customer: String?
  let latestCharge: String?
  let created: Int
  /// The charge of ours that it names although staff has made it: a payment copied in the dashboard.
  let copyOf: String?

  var isOffSession: Bool { attempt != nil }
  /// It could still collect, or has; one that is only drafted (the sandbox keeps the draft of a create that it refuses with
  /// a 400) could not.
  var counts: Bool { status != "canceled" && status != "requires_confirmation" }
  var hasSucceeded: Bool { status == "succeeded" }
}

/// A Checkout Session as Stripe has it.
struct SessionTruth: Sendable, Equatable {
  let id: String
  let charge: String?
  let status: String
  let paymentStatus: String
  let amount: Int
  let currency: String
  let customer: String?
  let intent: String?
}

/// What is true at Stripe: read from the sandbox's JSON, sharing nothing with the engine.
final class StripeTruth: Sendable {
  fileprivate struct State: Sendable {
    var intents: [String: IntentTruth] = [:]
    var sessions: [String: SessionTruth] = [:]
    var order: [String] = []
    /// Those that can still change.
    var live: Set<String> = []
    var byCharge: [String: [String]] = [:]
    var eventsSeen = 0
  }

  private let sandbox: SandboxStripe
  private let state = Locked(State())

  init(_ sandbox: SandboxStripe) { self.sandbox = sandbox }

  /// Reads again what Stripe's events since the last time are about: nothing that is watched here changes without one.
  func catchUp() {
    let events = sandbox.ids(of: "event")
    let seen = state.withLock { s in
      defer { s.eventsSeen = events.count }
      return s.eventsSeen
    }
    for event in events.dropFirst(seen) {
      let subject = (object(event)?["data"] as? [String: Any])?["object"] as? [String: Any] ?? [:]
      for id in [subject["id"], subject["payment_intent"]].compactMap({ $0 as? String }) { read(id) }
    }
  }

  /// Looks for everything that is new, and reads again whatever can change.
  func refresh() {
    let known = state.withLock { Set($0.intents.keys).union($0.sessions.keys) }
    for id in sandbox.ids(of: "payment_intent") + sandbox.ids(of: "checkout.session") where !known.contains(id) {
      read(id)
    }
    for id in state.withLock({ $0.live.sorted() }) { read(id) }
  }

  /// Reads again what belongs to one charge.
  func refresh(charge: String) {
    for id in state.withLock({ ($0.byCharge[charge] ?? []).filter($0.live.contains) }) { read(id) }
  }

  func read(_ id: String) {
    guard let object = object(id) else { return }
    if id.hasPrefix("pi_") { take(intent: object) } else if id.hasPrefix("cs_") { take(session: object) }
  }

  func intents(of charge: String) -> [IntentTruth] {
    state.withLock { s in (s.byCharge[charge] ?? []).compactMap { s.intents[$0] } }
  }
  func sessions(of charge: String) -> [SessionTruth] {
    state.withLock { s in (s.byCharge[charge] ?? []).compactMap { s.sessions[$0] } }
  }
  func intent(_ id: String) -> IntentTruth? { state.withLock { $0.intents[id] } }
  func session(_ id: String) -> SessionTruth? { state.withLock { $0.sessions[id] } }
  var charges: [String] { state.withLock { $0.byCharge.keys.sorted() } }
  /// In the order in which they were first seen.
  var allIntents: [IntentTruth] { state.withLock { s in s.order.compactMap { s.intents[$0] } } }
  var allSessions: [SessionTruth] { state.withLock { s in s.order.compactMap { s.sessions[$0] } } }

  /// Any object of Stripe's.
  func object(_ id: String) -> [String: Any]? { sandbox.json(of: id).flatMap(Self.parse) }

  /// Every object of a kind, oldest first.
  func all(_ kind: String) -> [[String: Any]] { sandbox.ids(of: kind).compactMap(object) }

  static func parse(_ data: Data) -> [String: Any]? {
    do {
      return try JSONSerialization.jsonObject(with: data) as? [String: Any]
    } catch {
      return nil
    }
  }

  private func take(intent object: [String: Any]) {
    let metadata = object["metadata"] as? [String: Any] ?? [:]
    let named = metadata["dues_charge"] as? String
    let isCopy = metadata["staff"] != nil
    let intent = IntentTruth(
      id: object["id"] as? String ?? "", charge: isCopy ? nil : named,
      attempt: (metadata["dues_attempt"] as? String).flatMap { Int($0) }, status: object["status"] as? String ?? "",
      amount: object["amount"] as? Int ?? 0, currency: object["currency"] as? String ?? "",
      received: object["amount_received"] as? Int ?? 0, customer: object["customer"] as? String,
      latestCharge: object["latest_charge"] as? String, created: object["created"] as? Int ?? 0,
      copyOf: isCopy ? named : nil)
    let isFinal = intent.status == "succeeded" || intent.status == "canceled"
    state.withLock { s in
      s.note(intent.id, of: intent.charge, isFinal: isFinal, isNew: s.intents[intent.id] == nil)
      s.intents[intent.id] = intent
    }
  }

  private func take(session object: [String: Any]) {
    guard object["mode"] as? String == "payment" else { return }
    let session = SessionTruth(
      id: object["id"] as? String ?? "", charge: object["client_reference_id"] as? String,
      status: object["status"] as? String ?? "", paymentStatus: object["payment_status"] as? String ?? "",
      amount: object["amount_total"] as? Int ?? 0, currency: object["currency"] as? String ?? "",
      customer: object["customer"] as? String, intent: object["payment_intent"] as? String)
    let isFinal = session.status == "expired" || (session.status == "complete" && session.paymentStatus == "paid")
    state.withLock { s in
      s.note(session.id, of: session.charge, isFinal: isFinal, isNew: s.sessions[session.id] == nil)
      s.sessions[session.id] = session
    }
  }
}

extension StripeTruth.State {
  fileprivate mutating func note(_ id: String, of charge: String?, isFinal: Bool, isNew: Bool) {
    if isFinal { live.remove(id) } else { live.insert(id) }
    guard isNew else { return }
    order.append(id)
    if let charge { byCharge[charge, default: []].append(id) }
  }
}
