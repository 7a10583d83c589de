import Domain
import Templates
import Testing

struct LinkTests {
  private static let charge: ChargeID = "chg_3f9a21c7045be61d88aa02c4"

  private func secret(_ text: String = "a secret of sixteen bytes and more") throws -> LinkSecret {
    try #require(LinkSecret(text))
  }

  private func links(_ publicURL: String? = "https://pay.example.com") throws -> Links {
    Links(publicURL: publicURL, secret: try secret())
  }

  @Test(arguments: [
    Link.recovery(charge), .pay(charge), .confirm(charge), .recovery("chg_demo"),
    .setup(SetupLink(customer: "cus_QXg1", job: nil)), .setup(SetupLink(customer: "cus_QXg1", job: "gold")),
    .done, .webhook, .healthz, .metrics,
  ])
  func `what is made is matched`(link: Link) throws {
    #expect(try links().match(path: links().path(link)) == link)
    let below = try links("https://example.com/billing/")
    #expect(below.path(link).hasPrefix("/billing/"))
    #expect(below.match(path: below.path(link)) == link)
    #expect(below.match(path: String(below.path(link).dropFirst("/billing".count))) == link)
  }

  @Test func `the URLs are those of the interface`() throws {
    let links = try links()
    let url = try #require(links.recovery(Self.charge))
    #expect(url.hasPrefix("https://pay.example.com/r/") && url.utf8.count == 26 + 39)
    #expect(links.url(.pay(Self.charge)) == url + "/pay")
    #expect(links.url(.confirm(Self.charge)) == url + "/confirm")
    #expect(links.done() == "https://pay.example.com/done?session_id={CHECKOUT_SESSION_ID}")
    #expect(links.path(.webhook) == "/webhooks/stripe")
  }

  @Test func `without a public URL there are paths and no URLs`() throws {
    let links = try links(nil)
    #expect(links.recovery(Self.charge) == nil && links.done() == nil)
    #expect(links.match(path: links.path(.recovery(Self.charge))) == .recovery(Self.charge))
  }

  @Test func `a cut token is nothing, wherever it is cut`() throws {
    let links = try links()
    let path = links.path(.recovery(Self.charge))
    for count in 0..<path.count { #expect(links.match(path: String(path.prefix(count))) == nil, "\(count)") }
    #expect(links.match(path: path + "A") == nil)
    #expect(links.match(path: path + "=") == nil)
    #expect(links.match(path: path + "/") == nil)
  }

  @Test func `a token with one character changed is nothing, wherever it is changed`() throws {
    let links = try links()
    let path = Array(links.path(.recovery(Self.charge)))
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=% "
    for index in 3..<path.count {
      for character in alphabet where character != path[index] {
        var changed = path
        changed[index] = character
        #expect(links.match(path: String(changed)) == nil, "\(index) \(character)")
      }
    }
  }

  @Test func `a token of another kind, another charge or another secret is nothing`() throws {
    let links = try links()
    let recovery = links.path(.recovery(Self.charge)).dropFirst(3)
    let setup = links.path(.setup(SetupLink(customer: "cus_QXg1", job: nil))).dropFirst(3)
    #expect(links.match(path: "/s/\(recovery)") == nil)
    #expect(links.match(path: "/r/\(setup)") == nil)
    let other = links.path(.recovery("chg_000000000000000000000000")).dropFirst(3)
    #expect(links.match(path: "/r/\(recovery.prefix(17))\(other.dropFirst(17))") == nil)
    let foreign = Links(publicURL: nil, secret: try secret("another secret of many bytes"))
    #expect(foreign.match(path: "/r/\(recovery)") == nil)
  }

  @Test(arguments: [
    "", "/", "r", "/r", "/r/", "/s/", "/R/x", "/done/", "/done/x", "/webhooks", "/webhooks/other", "/r/x/y/z", "//done",
    "/healthz/", "/admin", "/r/..", "/r/\u{0}", "/r/äöü", "/r/" + String(repeating: "A", count: 100_000),
  ])
  func `an unknown path is nothing`(path: String) throws {
    #expect(try links().match(path: path) == nil)
  }

  @Test func `a known action under a token is needed`() throws {
    let links = try links()
    #expect(links.match(path: links.path(.recovery(Self.charge)) + "/refund") == nil)
  }

  @Test func `a short secret is refused and none is shown`() throws {
    #expect(LinkSecret("fifteen bytes!!") == nil)
    #expect("\(try secret())" == "LinkSecret(…)")
  }

  @Test func `the short reference leads back to the charge`() {
    let text = ShortReference.text(Self.charge)
    #expect(text == "3F9A2-1C704")
    #expect(ShortReference.idPrefix(text) == "chg_3f9a21c704")
    #expect(ShortReference.idPrefix(" 3f9a2 1c704 ") == "chg_3f9a21c704")
    #expect(ShortReference.idPrefix("3F9A2") == nil)
    #expect(ShortReference.idPrefix("3F9A2-1C70Z") == nil)
  }
}
