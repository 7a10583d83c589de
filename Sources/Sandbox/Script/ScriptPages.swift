import Foundation
import Transport

/// `/js/…`: what the sandbox's `stripe.js` and its frames talk to. None of it is Stripe's API.
extension SandboxStripe {
  func respond(toScript request: HTTPRequest, _ path: [String], query: FormValue, _ form: FormValue) -> HTTPResponse {
    switch (request.method, path.first ?? "", path.count) {
    case (.get, "frames", 2): StripeScript.frames[path[1]].map(StripeScript.response) ?? Pages.notFound
    case (.get, "elements", 2): with { $0.elementFrame(path[1], query) }
    case (.get, "challenge", 1): with { $0.challengeFrame(query) }
    case (.post, "challenge", 1): with { $0.answerChallenge(query, confirmed: form.text("bank") == "confirm") }
    case (.get, "checkout", 1): with { $0.checkoutView(query) }
    case (.post, "checkout", 2) where path[1] == "confirm":
      with { $0.confirmCheckout(form, isOwnFrame: request.header("Sec-Fetch-Site") == "same-origin") }
    default: Pages.notFound
    }
  }
}

extension Pages {
  /// JSON that a script on any page may read.
  static func shared(_ value: JSON, status: Int = 200) -> HTTPResponse {
    var response = json(value, status: status)
    response.headers += Reply.forOtherOrigins + [HTTPHeader("Cache-Control", "no-store")]
    return response
  }

  static func sharedRefusal(_ message: String, status: Int) -> HTTPResponse {
    shared(["error": ["type": "invalid_request_error", "message": .string(message)]], status: status)
  }
}

extension Account {
  /// What a client secret belongs to, if it is the right one.
  func owner(ofSecret secret: String?) -> JSON? {
    guard let secret, let end = secret.range(of: "_secret_"), let object = object(String(secret[..<end.lowerBound])),
      object["client_secret"].text == secret
    else { return nil }
    return object
  }
}
