import Foundation
import Templates
import TestSupport
import Testing

struct PageSnapshotTests {
  @Test(arguments: PageName.allCases, TemplateFixture.locales)
  func `a page reads as recorded`(name: PageName, locale: String) throws {
    let page = Page.sample(name, zone: TemplateFixture.london)
    #expect(page.name == name)
    let html = try TemplateFixture.pages().render(page, locales: [locale])
    try assertSnapshot(html, named: "page/\(locale)/\(name.rawValue).html")
  }
}
