package import Domain

extension StripeRequest {
  /// A deleted customer is a 200 that says so.
  package static func retrieveCustomer(_ customer: CustomerID) -> StripeRequest {
    .get("/v1/customers/\(FormEncoder.segment(customer.text))")
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
    query.add("expand", list: ["payment_method"])
    return .get("/v1/setup_intents/\(FormEncoder.segment(intent.text))", query)
  }
}
