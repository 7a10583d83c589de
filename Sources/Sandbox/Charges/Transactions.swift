/// One movement on the balance, before it has an id.
struct Movement {
  /// Minor units; negative for what leaves.
  var amount: Int
  var currency: String
  /// The charge, refund or dispute it is due to.
  var source: String
  /// Stripe's `type`.
  var type: String
  /// Stripe's `reporting_category`.
  var category: String
  var description: String?
  var fee: Int
  var feeDescription: String
  /// Seconds until it counts as available.
  var delay = 0
}

extension Account {
  /// - Returns: the balance transaction's id.
  mutating func newTransaction(_ movement: Movement) -> String {
    let id = newID("txn_3", length: 23)
    let fees: [JSON] =
      movement.fee == 0
      ? []
      : [
        [
          "amount": .int(movement.fee), "application": nil, "currency": .string(movement.currency),
          "description": .string(movement.feeDescription), "type": "stripe_fee",
        ]
      ]
    transactions[id] = [
      "id": .string(id), "object": "balance_transaction", "amount": .int(movement.amount),
      "available_on": .int(now + movement.delay), "balance_type": "payments", "created": .int(now),
      "currency": .string(movement.currency), "description": JSON(movement.description), "exchange_rate": nil,
      "fee": .int(movement.fee), "fee_details": .array(fees), "net": .int(movement.amount - movement.fee),
      "reporting_category": .string(movement.category), "source": .string(movement.source),
      "status": movement.delay == 0 ? "available" : "pending", "type": .string(movement.type),
    ]
    return id
  }

  /// What a charge brings: 2.9 % and 30 minor units are Stripe's.
  mutating func newTransaction(of charge: JSON, amount: Int) -> String {
    let bypasses = methodNotes[charge["payment_method"].text ?? ""]?.trait == .bypassesPending
    return newTransaction(
      Movement(
        amount: amount, currency: charge["currency"].text ?? "usd", source: charge["id"].text ?? "",
        type: charge["payment_method_details"]["type"] == "card" ? "charge" : "payment", category: "charge",
        description: charge["description"].text, fee: amount * 29 / 1000 + 30,
        feeDescription: "Stripe processing fees", delay: bypasses ? 0 : 7 * 86_400))
  }

  /// `GET /v1/balance`: the sum of all movements, by currency and by whether their day has come.
  var balanceObject: JSON {
    var available = ["usd": 0]
    var pending = ["usd": 0]
    for transaction in transactions.newestFirst {
      let currency = transaction["currency"].text ?? "usd"
      let net = transaction["net"].integer ?? 0
      available[currency, default: 0] += 0
      pending[currency, default: 0] += 0
      if (transaction["available_on"].integer ?? 0) <= now {
        available[currency, default: 0] += net
      } else {
        pending[currency, default: 0] += net
      }
    }
    func amounts(_ sums: [String: Int]) -> JSON {
      .array(
        sums.sorted { $0.key < $1.key }.map {
          ["amount": .int($0.value), "currency": .string($0.key), "source_types": ["card": .int($0.value)]]
        })
    }
    return ["object": "balance", "available": amounts(available), "livemode": false, "pending": amounts(pending)]
  }
}
