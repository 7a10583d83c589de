import Domain
import Testing

@testable import dues

/// `charge import`: what is said of a file before the ledger and Stripe are asked.
struct ChargeFileTests {
  private static let header = "key,customer,amount,currency,description,due_at,payment_method\n"

  private func file(_ rows: String, header: String = header) -> (drafts: [ChargeDraft], errors: [ImportError]) {
    ChargeFile.all(of: header + rows)
  }

  @Test func `good rows are drafts`() throws {
    let file = file("k1,cus_1,1099,gbp,Late fee,,\nk2,cus_2,500,jpy,\"Key, lost\",2027-03-31T09:00:00+01:00,pm_1\n")
    #expect(file.errors == [])
    let due = try #require(Timestamp(rfc3339: "2027-03-31T08:00:00Z"))
    #expect(
      file.drafts == [
        ChargeDraft(
          line: 2, key: "k1", customer: "cus_1", money: Money(amount: 1099, currency: .gbp), description: "Late fee",
          dueAt: nil, method: nil),
        ChargeDraft(
          line: 3, key: "k2", customer: "cus_2", money: Money(amount: 500, currency: .jpy), description: "Key, lost",
          dueAt: due, method: "pm_1"),
      ])
  }

  @Test(arguments: [
    (",cus_1,1099,gbp,Fee,,", "key \"\" is not a key"), ("k,ada,1099,gbp,Fee,,", "\"ada\" is not a customer's id"),
    ("k,cus_1,10.99,gbp,Fee,,", "amount \"10.99\" is not a whole number"), ("k,cus_1,,gbp,Fee,,", "amount \"\" is not"),
    ("k,cus_1,0,gbp,Fee,,", "amount 0 gbp charges nothing"), ("k,cus_1,-1,gbp,Fee,,", "amount -1 gbp is negative"),
    ("k,cus_1,29,gbp,Fee,,", "amount 29 gbp (0.29 GBP) is below Stripe's minimum"),
    ("k,cus_1,49,jpy,Fee,,", "amount 49 jpy (49 JPY) is below Stripe's minimum"),
    ("k,cus_1,12345,isk,Fee,,", "amount 12345 isk is not a multiple of 100"),
    ("k,cus_1,1099,GBP,Fee,,", "currency \"GBP\" is not lower case"),
    ("k,cus_1,1099,xyz,Fee,,", "\"xyz\" is not a cur"),
    ("k,cus_1,1099,gbp,,,", "description \"\" is not a description"),
    ("k,cus_1,1099,gbp,\"a\nb\",,", "description \"a\nb\" is not a description"),
    ("k,cus_1,1099,gbp,Fee,tomorrow,", "due_at \"tomorrow\" is not a time"),
    ("k,cus_1,1099,gbp,Fee,,visa", "\"visa\" is not a payment method's id"),
    ("k,cus_1,1099,gbp,Fee,", "this row has 6 fields, not 7"),
    ("k,cus_1,1,099,gbp,Fee,,", "this row has 8 fields, not 7"),
    ("k,cus_1,1099,gbp,a \"b\",,", "a quote stands inside a field"),
  ])
  func `a bad row is told with its line`(row: String, message: String) {
    let file = file("ok,cus_1,1099,gbp,Fee,,\n\n\(row)\n")
    #expect(file.errors.map(\.line) == [4])
    #expect(file.errors.first?.message.hasPrefix(message) == true, "\(file.errors)")
    #expect(file.drafts.map(\.key) == ["ok"])
  }

  @Test func `all mistakes of a row are told, and of all rows`() {
    let file = file(",x,y,z,,t,m\nk,cus_1,1099,gbp,Fee,,\nk,cus_2,1099,gbp,Fee,,\n")
    #expect(file.errors.map(\.line) == [2, 2, 2, 2, 2, 2, 4])
    #expect(file.errors.last?.message == "key \"k\" stands on line 3 already; give each row a key of its own")
  }

  @Test func `a key that comes a third time is told where it stood last`() {
    let file = file("k,cus_1,1099,gbp,Fee,,\nk,cus_2,1099,gbp,Fee,,\nk,cus_3,1099,gbp,Fee,,\n")
    #expect(file.errors.map(\.line) == [3, 4])
    #expect(file.errors.last?.message.hasPrefix("key \"k\" stands on line 3 already") == true)
    #expect(file.drafts.map(\.line) == [2])
  }

  @Test func `keys far apart are compared, and are not where they differ`() throws {
    let rows = (0..<4000).map { "k\($0),cus_1,1099,gbp,Late fee,,\n" }.joined()
    try Scratch.with(["a.csv": Self.header + rows + "k1,cus_1,1099,gbp,Late fee,,\n"]) { scratch in
      var file = ChargeFile(try ImportSource(at: scratch.path("a.csv")).reader())
      let drafts = file.next(atMost: .max)
      #expect(drafts.count == 4000)
      #expect(
        file.errors == [
          ImportError(line: 4002, message: "key \"k1\" stands on line 3 already; give each row a key of its own")
        ])
    }
  }

  @Test func `a file with too many rows is refused where they begin`() {
    var file = ChargeFile(CSVReader(bytes: Array("\(Self.header)a,cus_1,99,gbp,Fee,,\nb,cus_1,99,gbp,Fee,,\n".utf8)))
    file.mostRows = 1
    let drafts = file.next(atMost: 10)
    #expect(drafts.map(\.key) == ["a"])
    #expect(file.errors == [ImportError(line: 3, message: "there are more than 1 rows; split the file")])
    let more = file.next()
    #expect(more == nil, "and not read on")
  }

  @Test(arguments: ["", "key,customer\n", "Key,customer,amount,currency,description,due_at,payment_method\n", "\n"])
  func `another header is refused`(header: String) {
    let file = file("", header: header)
    #expect(file.errors.count == 1 && file.errors[0].message.hasPrefix("the header is not \"key,customer,"))
  }

  @Test func `a file of a header is no charge`() {
    #expect(file("").errors == [] && file("").drafts == [])
  }
}
