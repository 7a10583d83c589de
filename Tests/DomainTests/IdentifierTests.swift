import Domain
import Foundation
import Testing

struct IdentifierTests {
  @Test(arguments: [#""""#, #""evt_\u0000""#, #""evt 1""#, #""evt_\n""#, #""\u007f""#, "1", "null"])
  func `what is no word is no id`(json: String) {
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(EventID.self, from: Data(json.utf8)) }
  }

  @Test func `an id is read as it is`() throws {
    #expect(try JSONDecoder().decode(EventID.self, from: Data(#""evt_1Nü""#.utf8)) == "evt_1Nü")
  }
}
