import Foundation
import Sandbox
import TestSupport
import Testing
import Transport

/// The script's addresses and the frames it mounts, without a browser; what they do in one is tested from outside.
@Suite struct ScriptPageTests {
  private static let item =
    "line_items[0][price_data][currency]=gbp&line_items[0][price_data][unit_amount]=1099"
    + "&line_items[0][price_data][product_data][name]=Gold&line_items[0][quantity]=1"

  private func session(_ sandbox: TestSandbox, _ form: String) async throws -> (id: String, secret: String) {
    let customer = try await sandbox.customer()
    let made = try await sandbox.post(
      "/v1/checkout/sessions", "mode=payment&\(Self.item)&customer=\(customer)&\(form)")
    #expect(made.status == 200, "\(made.text)")
    return (try #require(made.id), try #require(made.json["client_secret"].text))
  }

  @Test(arguments: [
    ("/stripe.js", true), ("/v3", true), ("/v3/", true), ("/clover/stripe.js", true), ("/endive/stripe.js", true),
    ("/v4/", false), ("/Clover/stripe.js", false), ("/a/b/stripe.js", false), ("//stripe.js", false),
    ("/endive/stripe.mjs", false),
  ])
  func `the script has the names that Stripe's has`(path: String, isThere: Bool) async throws {
    let answer = try await TestSandbox().get(path)
    #expect(answer.status == (isThere ? 200 : 404))
    guard isThere else { return }
    #expect(answer.header("Content-Type") == "text/javascript; charset=utf-8")
    for forbidden in ["eval(", "new Function", "setAttribute('style'"] { #expect(!answer.text.contains(forbidden)) }
  }

  @Test func `only what the script mounts may be framed, and has a script`() async throws {
    let sandbox = TestSandbox()
    let (id, secret) = try await session(sandbox, "ui_mode=embedded_page&redirect_on_completion=never")
    let parent = "parent=https://shop.example"
    for path in [
      "/c/embedded/\(id)?client_secret=\(secret)&\(parent)", "/js/elements/card?\(parent)",
      "/js/elements/payment?\(parent)", "/js/challenge?client_secret=\(secret)&\(parent)",
    ] {
      let page = try await sandbox.get(path)
      #expect(page.header("Content-Security-Policy")?.contains("frame-ancestors *") == true, "\(path)")
      #expect(page.text.contains("data-parent=\"https://shop.example\""))
      #expect(page.text.contains("<script src=\"/js/frames/"))
      #expect(!page.text.contains("class=\"honest\""))
    }
    let hosted = try await sandbox.paymentSession(try await sandbox.customer())
    for path in ["/", "/c/pay/\(hosted)"] {
      let page = try await sandbox.get(path)
      #expect(page.header("Content-Security-Policy")?.contains("frame-ancestors 'none'") == true)
      #expect(!page.text.contains("<script"))
    }
    for name in ["page.js", "element.js"] { #expect(try await sandbox.get("/js/frames/\(name)").status == 200) }
    #expect(try await sandbox.get("/js/frames/none.js").status == 404)
  }

  @Test func `an embedded page tells the page around it where to go`() async throws {
    let sandbox = TestSandbox()
    let (id, secret) = try await session(
      sandbox, "ui_mode=embedded_page&return_url=https://shop.example/done?s={CHECKOUT_SESSION_ID}")
    let page = "/c/embedded/\(id)?client_secret=\(secret)&parent=https://shop.example"
    #expect(try await sandbox.get(page + "&finished=yes").text.contains("data-event") == false)
    let paid = try await sandbox.post(page, "method=new&number=4242424242424242&exp=12%2F34&cvc=123&name=J")
    #expect(paid.status == 303)
    let next = try #require(paid.header("Location")?.replacing("http://127.0.0.1:12111", with: ""))
    let done = try await sandbox.get(next)
    #expect(done.text.contains("data-event=\"complete\""))
    #expect(done.text.contains("data-url=\"https://shop.example/done?s=\(id)\""))
    #expect(done.text.contains("data-parent=\"https://shop.example\""))
  }

  @Test func `a session is shown to its secret, as Stripe's script shows it`() async throws {
    let sandbox = TestSandbox()
    let (id, secret) = try await session(sandbox, "ui_mode=elements")
    let shown = try await sandbox.get("/js/checkout?client_secret=\(secret)&ui_mode=elements")
    #expect(shown.json["session"]["id"].text == id)
    #expect(shown.json["session"]["total"]["total"]["amount"].text == "£10.99")
    #expect(shown.json["session"]["total"]["total"]["minorUnitsAmount"].integer == 1099)
    #expect(shown.json["session"]["status"]["type"].text == "open")
    #expect(shown.header("Access-Control-Allow-Origin") == "*")
    for wrong in ["client_secret=\(secret)x&ui_mode=elements", "client_secret=\(secret)&ui_mode=embedded_page", ""] {
      let refused = try await sandbox.get("/js/checkout?\(wrong)")
      #expect(refused.status == 400)
      #expect(refused.error["message"].text?.isEmpty == false)
    }
  }

  @Test func `a number for Checkout elements comes from the sandbox's frame only`() async throws {
    let sandbox = TestSandbox()
    let (id, secret) = try await session(sandbox, "ui_mode=elements")
    let form = "client_secret=\(secret)&method=new&number=4242424242424242&exp=1234&cvc=123"
    let byPage = try await sandbox.post("/js/checkout/confirm", form)
    #expect(byPage.status == 403)
    #expect(try sandbox.object(id)["status"].text == "open")
    let byFrame = try await sandbox.send(
      .post, "/js/checkout/confirm", form, headers: [HTTPHeader("Sec-Fetch-Site", "same-origin")])
    #expect(byFrame.json["result"].text == "complete", "\(byFrame.text)")
    #expect(try sandbox.object(id)["payment_status"].text == "paid")
  }

  /// Whose secret, and whether the bank hears the answer.
  @Test(arguments: [(true, "requires_confirmation"), (false, "requires_action")])
  func `the bank's question is answered with the intent's secret only`(isRight: Bool, status: String) async throws {
    let sandbox = TestSandbox()
    let (customer, method) = try await sandbox.customer(with: "pm_card_authenticationRequired")
    let made = try await sandbox.post(
      "/v1/payment_intents",
      "amount=1099&currency=usd&customer=\(customer)&payment_method=\(method)&confirm=true&confirmation_method=manual")
    let secret = try #require(made.json["client_secret"].text) + (isRight ? "" : "x")
    let path = "/js/challenge?client_secret=\(secret)&parent=https://shop.example"
    #expect(try await sandbox.get(path).text.contains(">Complete</button>") == isRight)
    let answered = try await sandbox.post(path, "bank=confirm")
    #expect(answered.text.contains("data-event=\"answered\""))
    #expect(try sandbox.object(try #require(made.id))["status"].text == status)
  }
}
