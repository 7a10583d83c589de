import Testing

@testable import Templates

struct LocaleChainTests {
  @Test(arguments: [
    (["pt-BR"], "de", ["pt-br", "pt", "de", "en"]),
    (["pt_BR", "fr"], "de-AT", ["pt-br", "pt", "fr", "de-at", "de", "en"]),
    ([], "en-GB", ["en-gb", "en"]),
    (["zh-Hant-TW"], "en", ["zh-hant-tw", "zh-hant", "zh", "en"]),
    (["", "-", "_", "--", " - "], "de", ["de", "en"]),
    (["a-b-c-d-e-f"], "en", ["a-b-c-d", "a-b-c", "a-b", "a", "en"]),
    (["-de-"], "en", ["de", "en"]),
  ])
  func `languages fall back`(preferred: [String], fallback: String, folders: [String]) {
    #expect(LocaleChain(preferred: preferred, fallback: fallback).steps.map(\.folder) == folders)
  }

  @Test(arguments: [(["en"], "en-GB"), (["en-US"], "en-US"), (["fr-CA"], "en-GB"), (["fr", "en-AU"], "en-AU")])
  func `English is written as the nearest country writes it`(preferred: [String], format: String) {
    let step = LocaleChain(preferred: preferred, fallback: "en-GB").first { $0 == "en" ? true : nil }?.step
    #expect(step?.format == format)
  }

  @Test(arguments: [
    ("de-DE,de;q=0.9,en;q=0.8", ["de-DE", "de", "en"]), ("en;q=0.2, fr", ["fr", "en"]), ("*", []), ("", []),
    ("de;q=0,en", ["en"]), ("../../etc, de", ["de"]), ("a;q=x,b", ["b"]),
    ("-,de", ["-", "de"]), ("a;q=9223372036854775807,b;q=-1,c;q=2", []), ("de;q=1.000", ["de"]),
    (String(repeating: "a-", count: 40_000) + ",de", ["de"]),
  ])
  func `a browser's languages are read`(header: String, locales: [String]) {
    #expect(AcceptLanguage.locales(header) == locales)
  }
}
