import Testing

@testable import Templates

struct TextWrapTests {
  private func lines(_ text: String) -> [Substring] { TextWrap.wrap(text).split(separator: "\n") }

  @Test func `Latin text wraps at spaces`() {
    let lines = lines(String(repeating: "not a word of this may be broken ", count: 6))
    #expect(lines.count == 3)
    #expect(lines.allSatisfy { $0.count <= 72 && !$0.hasPrefix(" ") && !$0.hasSuffix(" ") })
  }

  @Test(arguments: 0..<40)
  func `Japanese wraps between characters, and no line begins or ends with the wrong one`(shift: Int) {
    let text =
      String(repeating: "あ", count: shift)
      + String(repeating: "「金会員」（月払い）のお支払いが、まだ完了していません。サポートにちょっとご連絡ください！", count: 5)
    let lines = lines(text)
    #expect(lines.joined() == text, "no space comes in, no character is lost")
    #expect(lines.count > 4)
    for line in lines.dropLast() { #expect((30...36).contains(line.count), "\(line)") }
    for line in lines {
      #expect(!"、。」）！ーっょ".contains(line.first ?? "。"), "\(line)")
      #expect(!"「（".contains(line.last ?? "（"), "\(line)")
    }
  }

  @Test(arguments: 0..<40)
  func `numbers, Latin words and links in Japanese stay whole`(shift: Int) {
    let url = "https://pay.example.com/r/AT-aIccEW-YdiKoCxAiM5NIFr0dPKxoAG9HmUMWK1Ae"
    let text = String(repeating: "い", count: shift) + "は2026年5月14日までに£10,999.50をhelp@goldgym.exampleへ、または\(url)で"
    let lines = lines(text)
    #expect(lines.joined() == text)
    for whole in ["2026年5月14日", "£10,999.50", "help@goldgym.example", url] {
      #expect(lines.contains { $0.contains(whole) }, "\(lines)")
    }
  }

  @Test func `a Latin word may begin a line after a wide comma`() {
    let text = String(repeating: "い", count: 33) + "は、help@goldgym.exampleまで"
    #expect(lines(text).last == "help@goldgym.exampleまで")
  }

  @Test(arguments: ["a-", "あ"])
  func `a link on a line of its own is never broken`(letter: String) {
    let url = "https://pay.example.com/" + String(repeating: letter, count: 100)
    #expect(TextWrap.wrap("Pay now:\(TextWrap.hardBreak)\(url)") == "Pay now:\n\(url)")
  }
}
