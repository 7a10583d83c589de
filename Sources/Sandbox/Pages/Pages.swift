import Foundation
import Transport

enum Pages {
  static let notFound = HTML(
    title: "Not found", body: "<h1>There is nothing here.</h1>\n<p><a href=\"/\">To the sandbox</a></p>"
  ).response(status: 404)

  static func redirect(to url: String) -> HTTPResponse {
    HTTPResponse(status: 303, headers: [HTTPHeader("Location", url), HTTPHeader("Cache-Control", "no-store")])
  }

  static func json(_ value: JSON, status: Int = 200) -> HTTPResponse {
    HTTPResponse(status: status, headers: [HTTPHeader("Content-Type", "application/json")], body: value.encoded)
  }
}

extension SandboxStripe {
  /// Whatever is not the API: the hosted pages, the index and `/_sandbox`.
  func respond(toPage request: HTTPRequest, _ target: Target) -> HTTPResponse {
    let segments = target.path.split(separator: "/").map(String.init)
    let form = FormValue(decoding: String(decoding: request.body, as: UTF8.self))
    if request.method == .get, StripeScript.isPath(target.path) { return StripeScript.response(StripeScript.whole) }
    switch (request.method, segments.first, segments.count) {
    case (.get, nil, _): return with { $0.indexPage }
    case (.get, "c", 3) where segments[1] == "pay": return with { $0.checkoutPage(segments[2]) }
    case (.post, "c", 3) where segments[1] == "pay": return with { $0.submitPage(segments[2], form) }
    case (.get, "c", 3) where segments[1] == "embedded":
      return with { $0.embeddedPage(segments[2], FormValue(decoding: target.query)) }
    case (.post, "c", 3) where segments[1] == "embedded":
      return with { $0.submitEmbeddedPage(segments[2], FormValue(decoding: target.query), form) }
    case (.get, "c", 3) where segments[1] == "authenticate": return with { $0.authenticationPage(segments[2]) }
    case (.post, "c", 3) where segments[1] == "authenticate":
      return with { $0.answerAuthentication(segments[2], confirmed: form.text("bank") == "confirm") }
    case (.get, "c", 3) where segments[1] == "verify": return with { $0.verificationPage(segments[2]) }
    case (.post, "c", 3) where segments[1] == "verify": return with { $0.takeVerification(segments[2], form) }
    case (.get, "c", 3) where segments[1] == "recover": return with { $0.recover(session: segments[2]) }
    case (.get, "objects", 2): return objectPage(segments[1])
    case (.post, "clock", 1): return moveClockByPage(form)
    case (.post, "resend", 2): return resendByPage(segments[1])
    case (_, "js", 2...):
      return respond(
        toScript: request, Array(segments.dropFirst()), query: FormValue(decoding: target.query), form)
    case (_, "_sandbox", 2...):
      return control(request.method, Array(segments.dropFirst()), query: FormValue(decoding: target.query), form)
    default: return Pages.notFound
    }
  }
}
