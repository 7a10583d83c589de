package import Domain
import Logging
import Storage
package import Stripe

/// Who is charged, and with what.
extension Engine {
  /// Reads a customer from Stripe and keeps what Dues needs.
  package func customer(_ id: CustomerID) async throws -> StripeCustomer {
    let read = try await read(StripeCustomer.self, .retrieveCustomer(id))
    try ledger.save(read.kept, at: now)
    if read.kept.isDeleted { try ledger.customerGone(id, at: now, context: context) }
    return read
  }

  /// The same where it is welcome but not needed: the address for a mail. What is known stays if Stripe does not answer.
  func refresh(_ id: CustomerID) async {
    do {
      _ = try await customer(id)
    } catch {
      logger.warning("a customer could not be read again", metadata: ["customer": "\(id)", "reason": "\(error)"])
    }
  }

  /// The method to charge: the one named, or the customer's default, or the newest usable one attached. Chosen once.
  ///
  /// - Returns: `nil` if the customer has none.
  package func chooseMethod(for customer: StripeCustomer, named: PaymentMethodID?) async throws(MethodProblem)
    -> PaymentMethod?
  {
    do {
      if let wanted = named ?? customer.defaultPaymentMethod {
        let method = try await read(StripePaymentMethod.self, .retrievePaymentMethod(wanted)).kept(mandate: nil)
        guard method.customer == customer.id else {
          throw MethodProblem.unusable(
            "payment method \(wanted) is not attached to customer \(customer.id); attach it, or name another")
        }
        try ledger.save(method, at: now)
        return method
      }
      let page = try await read(
        StripeList<StripePaymentMethod>.self, .listPaymentMethods(of: customer.id, startingAfter: nil))
      guard let newest = page.data.filter({ isUsable($0) }).max(by: { ($0.created ?? 0) < ($1.created ?? 0) }) else {
        return nil
      }
      let method = newest.kept(mandate: nil)
      try ledger.save(method, at: now)
      return method
    } catch let problem as MethodProblem {
      throw problem
    } catch StripeTrouble.missing(let reason) {
      throw .unusable(reason)
    } catch let trouble as StripeTrouble {
      throw .stripe(trouble)
    } catch {
      throw .ledger("\(error)")
    }
  }

  private func isUsable(_ method: StripePaymentMethod) -> Bool {
    guard let type = method.type else { return false }
    switch settings.methods {
    case .list(let names): return names.contains(type)
    case .dynamic: return true
    }
  }
}

/// Why no payment method could be chosen.
package enum MethodProblem: Error, Sendable, Equatable, CustomStringConvertible {
  case unusable(String)
  case stripe(StripeTrouble)
  case ledger(String)

  package var description: String {
    switch self {
    case .unusable(let reason), .ledger(let reason): reason
    case .stripe(let trouble): trouble.description
    }
  }
}
