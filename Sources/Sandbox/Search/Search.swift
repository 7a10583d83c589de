import Foundation

extension Account {
  /// `GET /v1/customers/search`.
  func searchCustomers(_ call: Call) throws(StripeError) -> JSON { try search(customers, .customers, call) }

  /// `GET /v1/payment_intents/search`.
  func searchPaymentIntents(_ call: Call) throws(StripeError) -> JSON {
    try search(paymentIntents, .paymentIntents, call)
  }

  /// One page of what matches, newest first, as it was when the search last looked.
  private func search(_ table: Table, _ fields: SearchQuery.Fields, _ call: Call) throws(StripeError) -> JSON {
    let query = try SearchQuery(call.parameters.text("query") ?? "", fields)
    let limit = call.parameters.integer("limit") ?? 10
    guard (1...100).contains(limit) else {
      throw .invalid(
        "This value must be between 1 and 100 (inclusive).", code: "parameter_invalid_integer", param: "limit")
    }
    var objects = Array(table.newestFirst)
    if let page = call.parameters.text("page") {
      let last = try cursor(page)
      guard let place = objects.firstIndex(where: { $0["id"].text == last }) else { throw .unknownPage(page) }
      objects.removeFirst(place + 1)
    }
    let found = objects.compactMap { searchIndex.seen($0) }.filter { !$0["deleted"].isTrue && query.matches($0) }
    let data = found.prefix(limit)
    let hasMore = found.count > limit
    let next = hasMore ? data.last?["id"].text.map { Data($0.utf8).base64EncodedString() } : nil
    return try expanded(
      [
        "object": "search_result", "data": .array(Array(data)), "has_more": .bool(hasMore), "next_page": JSON(next),
        "url": .string(call.path),
      ], call)
  }

  /// The id of the last object of the page before.
  private func cursor(_ page: String) throws(StripeError) -> String {
    guard let id = Data(base64Encoded: page) else { throw .unknownPage(page) }
    return String(decoding: id, as: UTF8.self)
  }
}

extension StripeError {
  fileprivate static func unknownPage(_ page: String) -> StripeError {
    .invalid("Invalid page: '\(page)' is not the next_page of an earlier answer to this query.", param: "page")
  }
}
