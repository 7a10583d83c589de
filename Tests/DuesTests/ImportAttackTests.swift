import Domain
import Foundation
import Testing

@testable import dues

/// Attacks on `charge import`: rows that pass the check and are charged twice, or refused when they are due.
struct ImportAttackTests {
  private static let header = "key,customer,amount,currency,description,due_at,payment_method\n"

  private func file(_ rows: String) -> (drafts: [ChargeDraft], errors: [ImportError]) {
    ChargeFile.all(of: Self.header + rows)
  }

  private func keys(_ rows: String) -> [String] { file(rows).drafts.map(\.key) }

  /// A spreadsheet or another system saves the same file once composed, once decomposed.
  @Test func `the same key written in another Unicode form is the same charge`() {
    let ledger = LedgerID("led_1")
    let composed = keys("M\u{FC}ller,cus_1,1099,gbp,Fee,,\n")
    let decomposed = keys("Mu\u{308}ller,cus_1,1099,gbp,Fee,,\n")
    #expect(composed == decomposed)
    #expect(composed.map { ledger.charge(key: $0) } == decomposed.map { ledger.charge(key: $0) })
  }

  @Test(arguments: ["k1 ", " k1", "k1\u{A0}", "k1\u{200B}"])
  func `a key with an invisible end is refused, or is the key without it`(key: String) {
    let file = file("\(key),cus_1,1099,gbp,Fee,,\nk1,cus_1,1099,gbp,Fee,,\n")
    #expect(!file.errors.isEmpty)
  }

  @Test func `a key that does not fit into Stripe's metadata is refused`() {
    let family = "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}\u{200D}\u{1F466}"
    let file = file("\(String(repeating: family, count: 255)),cus_1,1099,gbp,Fee,,\n")
    #expect(!file.errors.isEmpty)
  }

  @Test(arguments: ["Fee\u{2028}next", "Fee\u{85}next", "Fee\u{202E}eeF", "\u{200B}", "\u{FEFF}"])
  func `a description is one line that can be seen`(description: String) {
    #expect(!file("k,cus_1,1099,gbp,\(description),,\n").errors.isEmpty)
  }

  @Test(arguments: [
    "2027-02-30T09:00:00Z", "2027-03-31T24:00:01Z", "2027-03-31T09:00:00", "2027-03-31T09:60:00Z",
    "2027-03-31T09:00:00+25:00", "2027-13-01T09:00:00Z", " 2027-03-31T09:00:00Z",
  ])
  func `a due time that is none is refused`(due: String) {
    #expect(!file("k,cus_1,1099,gbp,Fee,\(due),\n").errors.isEmpty)
  }

  @Test(arguments: [
    "9223372036854775807", "9999999999999", "9223372036854775808", "1e3", "0x10", "１０９９", "1 099", "1099 ",
  ])
  func `an amount beyond Stripe's or not plain is refused`(amount: String) {
    #expect(!file("k,cus_1,\(amount),gbp,Fee,,\n").errors.isEmpty)
  }

  @Test(arguments: ["cus_1/../x", "cus_1?expand", "cus_", "cus_1 ", "CUS_1", "cus_1\u{301}"])
  func `a customer that could lead elsewhere in a path is refused`(customer: String) {
    #expect(!file("k,\(customer),1099,gbp,Fee,,\n").errors.isEmpty)
  }

  @Test func `rows after a broken one are not taken, and the error is`() {
    let file = file("k1,cus_1,1099,gbp,Fee,,\n\"open,cus_1,1099,gbp,Fee,,\nk2,cus_1,1099,gbp,Fee,,\n")
    #expect(file.errors.map(\.line) == [3])
  }
}
