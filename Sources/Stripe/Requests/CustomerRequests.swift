package import Domain

extension StripeRequest {
  /// A deleted customer is a 200 that says so.
  package static func retrieveCustomer(_ customer: CustomerID) -> StripeRequest {
    .get("/v1/customers/\(FormEncoder.segment(customer.text))")
  }

  /// A customer for a method that was saved without one.
  package static func createCustomer(
    email: String?, name: String?, metadata: [(String, String)], idempotencyKey: String
  ) -> StripeRequest {
    var body = FormBody()
    body.add("email", email)
    body.add("name", name)
    body.add("metadata", map: metadata)
    return .post("/v1/customers", body, idempotencyKey: idempotencyKey)
  }

  /// Newest first.
  package static func listCustomers(createdSince: Timestamp, startingAfter: CustomerID?) -> StripeRequest {
    var query = FormBody.query
    query.addPage(createdSince: createdSince, startingAfter: startingAfter?.text)
    return .get("/v1/customers", query)
  }

  package static func retrievePaymentMethod(_ method: PaymentMethodID) -> StripeRequest {
    .get("/v1/payment_methods/\(FormEncoder.segment(method.text))")
  }

  /// All types, newest first.
  package static func listPaymentMethods(of customer: CustomerID, startingAfter: PaymentMethodID?) -> StripeRequest {
    var query = FormBody.query
    query.addPage(startingAfter: startingAfter?.text)
    return .get("/v1/customers/\(FormEncoder.segment(customer.text))/payment_methods", query)
  }

  /// For a method that was set up without a customer. Always use the id in the answer.
  package static func attachPaymentMethod(
    _ method: PaymentMethodID, to customer: CustomerID, idempotencyKey: String
  ) -> StripeRequest {
    var body = FormBody()
    body.add("customer", customer.text)
    return .post(
      "/v1/payment_methods/\(FormEncoder.segment(method.text))/attach", body, idempotencyKey: idempotencyKey)
  }

  package static func retrieveSetupIntent(_ intent: SetupIntentID) -> StripeRequest {
    var query = FormBody.query
    query.add("expand", list: ["payment_method", "mandate"])
    return .get("/v1/setup_intents/\(FormEncoder.segment(intent.text))", query)
  }
}
