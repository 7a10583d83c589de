/// Bodies as Stripe sends them.
enum AnswerBodies {
  static let succeeded = """
    {"id":"pi_1","object":"payment_intent","amount":1099,"amount_received":1099,"created":1793491200,"currency":"gbp",\
    "customer":"cus_1","last_payment_error":null,"latest_charge":"ch_1","metadata":{"dues_charge":"chg_1"},\
    "next_action":null,"payment_method":"pm_1","payment_method_types":["card"],"status":"succeeded"}
    """
  static let declined = """
    {"error":{"advice_code":"try_again_later","charge":"ch_1","code":"card_declined","decline_code":"insufficient_funds",\
    "message":"Your card has insufficient funds.","payment_intent":{"id":"pi_1","object":"payment_intent","amount":1099,\
    "amount_received":0,"currency":"gbp","status":"requires_payment_method","latest_charge":{"id":"ch_1","object":"charge",\
    "amount":1099,"outcome":{"type":"issuer_declined","network_status":"declined_by_network"},\
    "payment_method_details":{"type":"card","card":{"brand":"visa","last4":"0341","fingerprint":"fp"}}}},\
    "payment_method":{"id":"pm_1","object":"payment_method","type":"card","card":{"brand":"visa","last4":"0341",\
    "exp_month":8,"exp_year":2028,"fingerprint":"fp"}},"type":"card_error"}}
    """
  /// "Unexpected state", because it is paid already.
  static let paidAlready = """
    {"error":{"code":"payment_intent_unexpected_state","message":"This PaymentIntent has succeeded already.",\
    "type":"invalid_request_error","payment_intent":\(succeeded)}}
    """
  static let missing = """
    {"error":{"code":"resource_missing","message":"No such customer: 'cus_1'","param":"customer",\
    "type":"invalid_request_error"}}
    """
  static let session = """
    {"id":"cs_1","object":"checkout.session","amount_total":1099,"created":1793491200,"currency":"gbp","customer":null,\
    "expires_at":1793577600,"metadata":{},"mode":"payment","payment_intent":\(succeeded),"payment_status":"paid",\
    "setup_intent":null,"status":"complete","url":null}
    """

  static let words = [
    #""status":"succeeded""#, #""amount_received":1099"#, #"{"error":"#, #"{"a":"#, "[[", "[{", #""payment_intent":{"#,
    ",", ":",
    #""\u0000""#, #""\ud800""#, "null", "{}", "[]", "}}}", "]", #"\""#, "\u{FEFF}", "1e5", "1.0", "-1",
  ]

  static let valid = JSONMutation([succeeded, declined, paidAlready, missing, session])

  static let mutation = Mutation(
    [succeeded, declined, paidAlready, missing, session, "", "{}", "null", "[]", "<html>502 Bad Gateway</html>"],
    words: words)
}
