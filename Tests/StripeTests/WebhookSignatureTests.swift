import Domain
import Foundation
import Stripe
import Testing

struct WebhookSignatureTests {
  private let payload = Data(#"{"id":"evt_1"}"#.utf8)
  private let sent = Timestamp(seconds: 1_700_000_000)

  private func verify(
    _ header: String, secrets: [String] = ["whsec_a"], after seconds: Int64 = 0, payload: Data? = nil
  ) throws(WebhookSignature.SignatureError) {
    try WebhookSignature.verify(
      payload: payload ?? self.payload, header: header, secrets: secrets, tolerance: WebhookSignature.tolerance,
      now: Timestamp(seconds: sent.seconds + seconds))
  }

  private var good: String { WebhookSignature.header(payload: payload, secret: "whsec_a", at: sent) }
  private var code: String { String(good.split(separator: "=")[2]) }

  @Test func `a known signature is made and verified`() throws {
    // HMAC-SHA256 with the key "whsec_test" over `1700000000.{}`, computed with openssl.
    let header = WebhookSignature.header(payload: Data("{}".utf8), secret: "whsec_test", at: sent)
    #expect(header == "t=1700000000,v1=35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91")
    try verify(header, secrets: ["whsec_test"], payload: Data("{}".utf8))
  }

  @Test(arguments: [-300, 0, 300] as [Int64])
  func `within five minutes either way it holds`(seconds: Int64) throws { try verify(good, after: seconds) }

  @Test func `later it is too old, much earlier too new`() {
    #expect(throws: WebhookSignature.SignatureError.tooOld) { try verify(good, after: 301) }
    #expect(throws: WebhookSignature.SignatureError.tooNew) { try verify(good, after: -301) }
  }

  @Test func `while a secret is rolled, any secret and any v1 will do`() throws {
    try verify(good, secrets: ["whsec_b", "whsec_a"])
    let wrong = String(repeating: "0", count: 64)
    try verify("t=\(sent.seconds),v1=\(wrong),v1=\(code)")
    try verify("t=\(sent.seconds), v1=\(code), v0=zz")
  }

  @Test func `other schemes prove nothing`() {
    #expect(throws: WebhookSignature.SignatureError.malformed) { try verify("t=\(sent.seconds),v0=\(code)") }
    #expect(throws: WebhookSignature.SignatureError.malformed) { try verify("t=\(sent.seconds),v2=\(code)") }
  }

  @Test func `another body, secret or time is a mismatch`() {
    #expect(throws: WebhookSignature.SignatureError.mismatch) { try verify(good, payload: Data("{}".utf8)) }
    #expect(throws: WebhookSignature.SignatureError.mismatch) { try verify(good, secrets: ["whsec_b"]) }
    #expect(throws: WebhookSignature.SignatureError.mismatch) { try verify(good, secrets: []) }
    #expect(throws: WebhookSignature.SignatureError.mismatch) { try verify("t=\(sent.seconds + 1),v1=\(code)") }
    #expect(throws: WebhookSignature.SignatureError.mismatch) { try verify("t=\(sent.seconds),v1=\(code.prefix(62))") }
  }

  @Test(arguments: ["", "nonsense", "t=,v1=00", "t=abc,v1=00", "v1=00", "t=1", "t=1,v1=zz", "t=1,v1=0", "t=-1,v1=00"])
  func `what cannot be read is malformed`(header: String) {
    #expect(throws: WebhookSignature.SignatureError.malformed) { try verify(header) }
  }
}
