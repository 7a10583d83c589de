import Testing

@testable import Templates

struct ColorTests {
  @Test(arguments: ["#ffd500", "#ffffff", "#0b57d0", "#ff6600", "#00d084", "#777777", "#000000", "#f0a"])
  func `white text can be read on every button`(hex: String) throws {
    let color = try #require(Color(hex: hex))
    #expect(color.underWhiteText.contrast(with: .white) >= 4.5)
  }

  @Test func `a color that can carry white text is left as it is`() throws {
    #expect(try #require(Color(hex: "#0b57d0")).underWhiteText.description == "#0b57d0")
  }

  @Test func `a color that cannot is darkened and keeps its hue`() throws {
    let color = try #require(Color(hex: "#ffd500")).underWhiteText
    #expect(color.red > color.green && color.blue == 0 && color.contrast(with: .white) < 4.7)
  }

  @Test func `contrast is WCAG's`() throws {
    let black = Color(red: 0, green: 0, blue: 0)
    #expect(abs(Color.white.contrast(with: black) - 21) < 0.001)
    #expect(abs(try #require(Color(hex: "#767676")).contrast(with: .white) - 4.54) < 0.01)
  }

  @Test(arguments: ["", "#", "red", "#12", "#1234567", "0b57d0", "#0b57dg", "#fff;}"])
  func `what is no color is refused`(hex: String) { #expect(Color(hex: hex) == nil) }
}
