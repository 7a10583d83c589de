/// Requests as clients send them, and how they are spoiled a little, so that most are read to their end.
enum SandboxForms {
  /// What a request is about, and a good form for it. `{name}` stands for an id of the furnished account.
  static let operations: [(path: String, form: String)] = [
    ("/v1/customers", "email=a%40b.example&name=Ada&metadata[a]=1&preferred_locales[0]=de"),
    ("/v1/customers/{customer}", "name=Ada&metadata[a]=&invoice_settings[default_payment_method]={method}"),
    ("/v1/customers/{customer}", ""),
    ("/v1/customers", "limit=3&starting_after={customer}&expand[]=data.default_source"),
    ("/v1/customers/{customer}/payment_methods", "type=card&limit=3"),
    (
      "/v1/payment_intents",
      "amount=1099&currency=usd&customer={customer}&payment_method={method}&confirm=true&off_session=true"
        + "&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never"
        + "&metadata[dues_charge]=chg_1&description=Gold&statement_descriptor_suffix=GOLD&expand[]=latest_charge"
    ),
    ("/v1/payment_intents", "amount=500&currency=usd&customer={customer}&setup_future_usage=off_session"),
    ("/v1/payment_intents", "customer={customer}&created[gte]=1&limit=10&expand[]=data.latest_charge"),
    ("/v1/payment_intents/{open}", "amount=700&metadata[a]=b"),
    ("/v1/payment_intents/{open}/confirm", "payment_method=pm_card_visa&return_url=https://a.example/"),
    ("/v1/payment_intents/{open}/cancel", "cancellation_reason=abandoned"),
    ("/v1/payment_intents/{paid}", "expand[]=latest_charge.balance_transaction&expand[0]=customer"),
    ("/v1/setup_intents", "customer={customer}&payment_method=pm_card_visa&confirm=true&usage=off_session"),
    ("/v1/setup_intents/{setup}/confirm", "payment_method=pm_card_visa&return_url=https://a.example/"),
    ("/v1/setup_intents/{setup}/cancel", ""),
    ("/v1/payment_methods/{method}/attach", "customer={customer}"),
    ("/v1/payment_methods/pm_card_visa/attach", "customer={customer}"),
    ("/v1/payment_methods/{method}/detach", ""),
    ("/v1/payment_methods/{method}", "metadata[a]=b&billing_details[name]=Ada"),
    (
      "/v1/payment_methods",
      "type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2030&card[cvc]=123"
    ),
    (
      "/v1/checkout/sessions",
      "mode=payment&customer={customer}&success_url=https://a.example/d?s={CHECKOUT_SESSION_ID}"
        + "&line_items[0][price_data][currency]=gbp&line_items[0][price_data][unit_amount]=1099"
        + "&line_items[0][price_data][product_data][name]=Gold&line_items[0][quantity]=2"
        + "&payment_intent_data[metadata][a]=b&payment_intent_data[setup_future_usage]=off_session&expires_at=1793500000"
    ),
    ("/v1/checkout/sessions", "mode=setup&currency=usd&customer={customer}&success_url=https://a.example/"),
    ("/v1/checkout/sessions/{session}", "expand[]=setup_intent&expand[]=line_items"),
    ("/v1/checkout/sessions/{session}/expire", ""),
    ("/v1/checkout/sessions/{session}/line_items", "limit=5"),
    ("/v1/refunds", "payment_intent={paid}&amount=100&reason=requested_by_customer"),
    ("/v1/events", "type=customer.created&created[gte]=1&limit=5"),
    ("/v1/charges", "payment_intent={paid}&limit=1"),
    ("/v1/webhook_endpoints", "url=https://a.example/hook&enabled_events[]=*"),
    ("/v1/account", ""),
    ("/v1/customers/search", "query=email:'a@b.example'&limit=10"),
  ]

  /// Fields that are of use in one place or another.
  private static let fields = [
    "amount=1", "amount=999999999999", "currency=jpy", "currency=KWD", "expand[]=customer", "expand[0]=latest_charge",
    "metadata[k]=v", "metadata=", "limit=101", "limit=0", "line_items[1][quantity]=9223372036854775807", "confirm=true",
    "a[][b]=1", "x=y", "customer=cus_0", "ending_before=evt_0", "off_session=one_off", "created=1", "expires_at=1",
    "line_items[0][price_data][unit_amount]=999999999999", "line_items[0][quantity]=999999", "ui_mode=embedded_page",
    "payment_method_data[type]=card", "mandate_data[customer_acceptance][type]=offline",
    "amount_details[tip][amount]=1",
  ]

  /// Changes a form in one or two of its fields.
  static func spoiled(_ form: String, _ dice: inout Dice) -> [UInt8] {
    var pairs = form.split(separator: "&").map(String.init)
    for _ in 0..<dice.below(3) {
      let place = dice.below(max(1, pairs.count))
      switch dice.below(6) {
      case 0 where !pairs.isEmpty: pairs.remove(at: place)
      case 1: pairs.insert(dice.pick(fields), at: min(place, pairs.count))
      case 2 where !pairs.isEmpty: pairs.append(pairs[place])
      case 3 where !pairs.isEmpty: pairs[place] = name(of: pairs[place]) + "=" + number(&dice)
      default:
        guard !pairs.isEmpty else { continue }
        pairs[place] = name(of: pairs[place]) + "=" + encoded(dice.text(upTo: dice.once(in: 20) ? 6000 : 60))
      }
    }
    return Array(pairs.joined(separator: "&").utf8)
  }

  /// Any bytes at all.
  static let mutation = Mutation(
    operations.map(\.form), words: fields.map { "&\($0)" } + ["[a][b][c]"], longest: 4 << 10)

  /// Left as it is: the sandbox multiplies a price by its quantity without a bound.
  static func isTooMuch(_ form: [UInt8]) -> Bool {
    form.contains("line_items")
      && form.split { !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0) }.contains { $0.count > 12 }
  }

  private static func name(of pair: String) -> String { String(pair.prefix { $0 != "=" }) }

  private static func number(_ dice: inout Dice) -> String {
    dice.pick([
      "0", "1", "-1", "49", "50", "101", "999999999999", "1000000000000", "9223372036854775807", "1e3", "true", "",
    ])
  }

  private static func encoded(_ text: String) -> String {
    text.utf8.map { byte in
      let hex = String(byte, radix: 16, uppercase: true)
      return "%" + (hex.count < 2 ? "0\(hex)" : hex)
    }.joined()
  }
}
