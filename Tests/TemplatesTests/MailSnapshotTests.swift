import Domain
import Foundation
import Templates
import TestSupport
import Testing

struct MailSnapshotTests {
  @Test(arguments: MailName.allCases, TemplateFixture.locales)
  func `a mail reads as recorded`(name: MailName, locale: String) throws {
    let variables = MailVariables.sample(name, business: .sample, zone: TemplateFixture.london)
    let mail = try TemplateFixture.mails().render(name, variables: variables, locales: [locale])
    try assertSnapshot("Subject: \(mail.subject)\n\n\(mail.text)", named: "email/\(locale)/\(name.rawValue).txt")
    try assertSnapshot(mail.html, named: "email/\(locale)/\(name.rawValue).html")
  }

  @Test(arguments: TemplateFixture.locales)
  func `a mail with nothing but the necessary has no holes`(locale: String) throws {
    var variables = MailVariables.sample(.paymentFailed, business: .sample, zone: TemplateFixture.london)
    variables.customerName = nil
    variables.card = nil
    variables.reason = nil
    variables.nextRetryDate = nil
    variables.deadlineDate = nil
    variables.linkExpires = variables.charge.map { $0.dueAt + .hours(24) }
    let mail = try TemplateFixture.mails().render(.paymentFailed, variables: variables, locales: [locale])
    try assertSnapshot("Subject: \(mail.subject)\n\n\(mail.text)", named: "email/\(locale)/payment_failed.sparse.txt")
    #expect(!mail.html.contains("<p></p>") && !mail.html.contains("{{"))
  }
}
