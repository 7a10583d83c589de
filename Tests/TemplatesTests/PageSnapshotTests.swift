import Foundation
import TestSupport
import Testing

@testable import Templates

struct PageSnapshotTests {
  @Test(arguments: PageName.allCases, TemplateFixture.locales)
  func `a page reads as recorded`(name: PageName, locale: String) throws {
    let page = Page.sample(name, zone: TemplateFixture.london)
    #expect(page.name == name)
    let html = try TemplateFixture.pages().render(page, locales: [locale])
    try assertSnapshot(html, named: "page/\(locale)/\(name.rawValue).html")
  }

  @Test(arguments: TemplateFixture.locales)
  func `a page where the bank asks offers the card and another one`(locale: String) throws {
    let html = try TemplateFixture.pages().render(.owed(try .sampleToConfirm()), locales: [locale])
    // The script itself stands in the other snapshots.
    let parts = html.components(separatedBy: "<script src=")
    try assertSnapshot(parts[0], named: "page/\(locale)/owed.confirm.html")
    #expect(parts.count == 2)
  }
}
