/// A saved payment method of another Stripe, as far as somebody has kept it.
package struct AdoptedMethod: Sendable {
  package let id: String
  package let customer: String?
  /// Stripe's type; what the sandbox does not know is taken for a card.
  package let type: String
  package let brand: String?
  package let last4: String?
  package let expiry: (month: Int, year: Int)?
  package let fingerprint: String?
  package let mandate: String?

  package init(
    id: String, customer: String?, type: String, brand: String?, last4: String?, expiry: (month: Int, year: Int)?,
    fingerprint: String?, mandate: String?
  ) {
    self.id = id
    self.customer = customer
    self.type = type
    self.brand = brand
    self.last4 = last4
    self.expiry = expiry
    self.fingerprint = fingerprint
    self.mandate = mandate
  }
}

extension SandboxStripe {
  /// Takes in a customer under their own id, without an event.
  package func adopt(customer id: String, email: String?, name: String?, locales: [String]) {
    with { account in
      let made = account.newCustomer(email: email, name: name)
      guard var object = account.customers[made] else { return }
      account.customers.removeNewest(made)
      object["id"] = .string(id)
      object["preferred_locales"] = .array(locales.map(JSON.string))
      account.customers[id] = object
    }
  }

  /// Takes in a saved method under its own id, without an event. Its bank pays until it is told otherwise.
  package func adopt(_ method: AdoptedMethod) {
    with { account in
      let likeness =
        switch method.type {
        case "us_bank_account": "pm_usBankAccount_success"
        case "sepa_debit": "pm_sepaDebit_success"
        default: "pm_card_visa"
        }
      guard let test = TestPaymentMethods.named(likeness) ?? TestPaymentMethods.named("pm_card_visa") else { return }
      var object = account.newPaymentMethod(test)
      guard let made = object["id"].text, let kind = object["type"].text else { return }
      account.paymentMethods.removeNewest(made)
      var notes = account.methodNotes.removeValue(forKey: made) ?? PaymentMethodNotes(behavior: .succeeds)
      object["id"] = .string(method.id)
      object["customer"] = JSON(method.customer)
      if let last4 = method.last4 { object[kind]["last4"] = .string(last4) }
      if let fingerprint = method.fingerprint { object[kind]["fingerprint"] = .string(fingerprint) }
      if kind == "card" {
        if let brand = method.brand { object[kind]["brand"] = .string(brand) }
        if let expiry = method.expiry {
          object[kind]["exp_month"] = .int(expiry.month)
          object[kind]["exp_year"] = .int(expiry.year)
        }
      } else {
        let mandate = account.newMandate(for: method.id)
        notes.mandate = method.mandate ?? mandate
        if let known = method.mandate, var object = account.mandates[mandate] {
          object["id"] = .string(known)
          account.mandates[known] = object
        }
      }
      notes.isReadyOffSession = true
      account.paymentMethods[method.id] = object
      account.methodNotes[method.id] = notes
    }
  }

  /// Forgets what nobody asks about any more, so that a long life takes little memory: events and finished payments from
  /// before that moment.
  package func forget(before moment: Int) {
    with { account in
      func isOld(_ object: JSON) -> Bool { (object["created"].integer ?? 0) < moment }
      account.events.removeOldest(while: isOld)
      let finished: Set<String> = ["succeeded", "canceled"]
      let gone = account.paymentIntents.remove { isOld($0) && finished.contains($0["status"].text ?? "") }
      for id in gone { account.intentNotes[id] = nil }
      account.charges.remove { isOld($0) && $0["payment_intent"].text.map(gone.contains) == true }
      account.transactions.removeOldest(while: isOld)
      let over = account.sessions.remove { isOld($0) && $0["status"].text != "open" }
      for id in over { account.sessionNotes[id] = nil }
      account.log = RequestLog()
    }
  }
}
