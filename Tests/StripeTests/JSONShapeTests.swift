import Foundation
import TestSupport
import Testing

@testable import Stripe

struct JSONShapeTests {
  private func isWhole(_ text: String) -> Bool { JSONShape.isWholeObject(Data(text.utf8)) }

  /// A PaymentIntent as Stripe has sent it, in the lines that Stripe breaks it into.
  private func paymentIntent() throws -> Data {
    let exchanges = try StripeFixtures.exchanges().filter { $0.status == 200 && $0.path == "/v1/payment_intents" }
    let object = try JSONSerialization.jsonObject(with: try #require(exchanges.first).response)
    return try JSONSerialization.data(withJSONObject: object, options: [.prettyPrinted])
  }

  @Test(arguments: [
    "{}", " \t\r\n{ \n} \t\r\n", #"{"id":"pi_1"}"#, #"{"a":[{"b":[[],{}]},null,-1.5e3,true]}"#,
    // Brackets, quotes and backslashes inside of strings are only text.
    #"{"a":"}"}"#, #"{"a":"{[","]":"}"}"#, #"{"a":"\""}"#, #"{"a":"\\"}"#, #"{"a":"\\\"}"}"#, #"{"a":"\u007d"}"#,
    #"{"ü":"}🙂"}"#,
  ])
  func `an object that begins and ends is whole`(text: String) {
    #expect(isWhole(text))
  }

  @Test(arguments: [
    "", " ", "null", "true", "1", #""{}""#, "[]", #"[{"id":"pi_1"}]"#, "<html>", "}", "]",
    // Cut short.
    "{", #"{"a"#, #"{"a":"}"#, #"{"a":"\"}"#, #"{"a":"\"#, #"{"a":[}"#, #"{"a":{"b":1}"#,
    // Going on after its end.
    "{}x", "{}}", "{}{}", "{},{}", "{}\0", #"{}"""#, "{}\u{FEFF}", "\u{FEFF}{}",
    // Brackets that do not match.
    "{]", "[}", #"{"a":[1}]"#, #"{"a":{"b":1]}"#, #"{"a":]}"#, "{{]}",
  ])
  func `anything else is not`(text: String) {
    #expect(!isWhole(text))
  }

  @Test func `an answer of Stripe's is whole, and cut anywhere it is not`() throws {
    let body = try paymentIntent()
    #expect(JSONShape.isWholeObject(body))
    #expect(body.count > 1000)
    for length in body.indices { #expect(!JSONShape.isWholeObject(body.prefix(length)), "cut after \(length) bytes") }
  }

  @Test func `everything recorded is whole`() throws {
    for exchange in try StripeFixtures.exchanges() { #expect(JSONShape.isWholeObject(exchange.response)) }
  }

  @Test func `a slice is read from its own beginning`() {
    let bytes = Data(#"[{"a":1}]"#.utf8)
    #expect(JSONShape.isWholeObject(bytes.dropFirst().dropLast()))
    #expect(!JSONShape.isWholeObject(bytes.dropFirst()))
  }

  /// An object with arrays in it, `depth` brackets in each other.
  private func nested(_ depth: Int) -> String {
    #"{"a":"# + String(repeating: "[", count: depth - 1) + String(repeating: "]", count: depth - 1) + "}"
  }

  @Test func `as deep as the decoder reads, and no deeper`() throws {
    struct Anything: Decodable { let b: Int? }
    for depth in [2, 63, 64, 65, 511, 512] {
      #expect(isWhole(nested(depth)), "\(depth) deep")
      #expect(throws: Never.self) { try StripeJSON.decode(Anything.self, from: Data(nested(depth).utf8)) }
    }
    for depth in [513, 514, 100_000] {
      #expect(!isWhole(nested(depth)), "\(depth) deep")
      #expect(throws: DecodingError.self) { try StripeJSON.decode(Anything.self, from: Data(nested(depth).utf8)) }
    }
  }
}
