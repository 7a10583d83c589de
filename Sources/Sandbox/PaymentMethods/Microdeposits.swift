/// Small deposits that verify a bank account whose number was typed in: its owner names the code in their descriptor
/// (docs.stripe.com/payments/ach-direct-debit/set-up-payment).
extension Account {
  /// In test mode.
  static let depositCode = "SM11AA"
  private static let daysToVerify = 10

  mutating func awaitMicrodeposits(setup id: String) {
    let action = verification(of: id)
    setupIntents.change(id) {
      $0["status"] = "requires_action"
      $0["next_action"] = action
    }
    appointments.add(at: now + Self.daysToVerify * 86_400, .microdepositsLapse(intent: id))
    emit("setup_intent.requires_action", setupIntents[id])
  }

  mutating func awaitMicrodeposits(intent id: String, _ confirmation: Confirmation) {
    let action = verification(of: id)
    intentNotes[id]?.pending = confirmation
    paymentIntents.change(id) {
      $0["status"] = "requires_action"
      $0["next_action"] = action
    }
    appointments.add(at: now + Self.daysToVerify * 86_400, .microdepositsLapse(intent: id))
    emit("payment_intent.requires_action", paymentIntents[id])
  }

  private func verification(of id: String) -> JSON {
    [
      "type": "verify_with_microdeposits",
      "verify_with_microdeposits": [
        "arrival_date": .int(now + 2 * 86_400), "hosted_verification_url": .string("\(pageBase)/c/verify/\(id)"),
        "microdeposit_type": "descriptor_code",
      ],
    ]
  }

  /// Whether an intent waits for its customer to name the deposits.
  func awaitsMicrodeposits(_ id: String) -> Bool {
    let intent = object(id) ?? .null
    return intent["status"] == "requires_action" && intent["next_action"]["type"] == "verify_with_microdeposits"
  }

  /// The owner has named them, or cannot.
  ///
  /// - Parameter code: of the failure: `payment_method_microdeposit_failed`, or `…_verification_timeout`.
  mutating func verify(microdepositsOf id: String, succeeds: Bool, code: String = "payment_method_microdeposit_failed")
  {
    guard awaitsMicrodeposits(id), let method = object(id)?["payment_method"].text else { return }
    let failure = SandboxDecline(
      bankCode: code, network: nil,
      message: "The bank account could not be verified with the small deposits that were sent to it.")
    if succeeds { methodNotes[method]?.awaitsMicrodeposits = false }
    if id.hasPrefix("seti_") {
      do {
        if !succeeds { throw refuse(setup: id, method: method, failure) }
        try confirm(setup: id, method: method, bringsMandate: true, authenticated: true)
      } catch {
        return  // the intent bears it
      }
    } else if let pending = intentNotes[id]?.pending {
      intentNotes[id]?.pending = nil
      paymentIntents.change(id) { $0["next_action"] = nil }
      if succeeds, case .debits(let days, _) = methodNotes[method]?.behavior {
        beginDebit(id, pending, days: days)
      } else {
        _ = refuse(id, pending, failure, withCharge: false)
        if let session = intentNotes[id]?.session { settle(session: session, paid: false) }
      }
    }
  }
}
