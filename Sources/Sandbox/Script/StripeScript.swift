import Foundation
import Transport

/// The sandbox's own `stripe.js`: what a page loads in place of `https://js.stripe.com/…/stripe.js`.
///
/// It is JavaScript in Swift strings, a topic a file, so that the sandbox stays one program without files beside it.
/// Names, arguments and results are Stripe's (docs.stripe.com/js); what happens behind them is the sandbox's business.
enum StripeScript {
  /// `/stripe.js`, and the versioned names: `/v3/`, `/clover/stripe.js`, `/endive/stripe.js`.
  static func isPath(_ path: String) -> Bool {
    if ["/stripe.js", "/v3", "/v3/"].contains(path) { return true }
    let segments = path.split(separator: "/", omittingEmptySubsequences: false)
    return segments.count == 3 && segments[0].isEmpty && segments[2] == "stripe.js" && !segments[1].isEmpty
      && segments[1].utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) }
  }

  /// All topics in one function of their own, so that a page sees `Stripe` and nothing else.
  static let whole = [
    "(function () {\n'use strict';\n", foundation, elements, intents, checkout, embedded, object, "})();\n",
  ].joined(separator: "\n")

  /// What runs inside the sandbox's own frames.
  static let frames = ["page.js": framePage, "element.js": framePage + frameElement]

  static func response(_ script: String) -> HTTPResponse {
    HTTPResponse(
      status: 200,
      headers: [
        HTTPHeader("Content-Type", "text/javascript; charset=utf-8"), HTTPHeader("Cache-Control", "no-cache"),
        HTTPHeader("X-Content-Type-Options", "nosniff"), HTTPHeader("Access-Control-Allow-Origin", "*"),
      ], body: Data(script.utf8))
  }
}
