import Domain
import Foundation
import Testing

@testable import Stripe

struct FormBodyTests {
  @Test func `a body keeps its order, raw brackets and encoded values`() {
    var body = FormBody()
    body.add("amount", 1099)
    body.add("description", "Café & co, 10% [x]=+")
    body.add("confirm", true)
    body.add("line_items[0][price_data][currency]", "usd")
    body.add("nothing", nil as String?)
    body.add("expand", list: ["a", "b.c"])
    body.add("metadata", map: [("z", "1"), ("a[b]&", "2")])
    #expect(
      body.text
        == "amount=1099&description=Caf%C3%A9%20%26%20co%2C%2010%25%20%5Bx%5D%3D%2B&confirm=true"
        + "&line_items[0][price_data][currency]=usd&expand[0]=a&expand[1]=b.c&metadata[z]=1&metadata[a%5Bb%5D%26]=2")
    #expect(body.data == Data(body.text.utf8))
  }

  @Test func `a query encodes its brackets too`() {
    var query = FormBody.query
    query.add("created[gte]", 5)
    query.add("types", list: ["a"])
    #expect(query.text == "created%5Bgte%5D=5&types%5B0%5D=a")
  }

  @Test(arguments: [
    ("cus_1", "cus_1"), ("", "-"), ("a/b", "a%2Fb"), ("../x", "%2E%2E%2Fx"), ("a?b=c", "a%3Fb%3Dc"), ("ü", "%C3%BC"),
  ])
  func `an id stays within its segment of the path`(id: String, segment: String) {
    #expect(StripeRequest.retrieveCustomer(CustomerID(id)).path == "/v1/customers/\(segment)")
  }

  @Test(arguments: [
    ("pt-BR", "pt-BR"), ("pt_BR", "pt-BR"), ("pt-br", "pt-BR"), ("pt-PT", "pt"), ("de-AT", "de"), ("ar", "auto"),
    ("", "auto"), ("EN", "en"), ("zh-TW", "zh-TW"),
  ])
  func `a locale becomes the nearest that Checkout speaks`(ours: String, theirs: String) {
    #expect(CheckoutLocale.nearest(to: ours) == theirs)
  }
}
