import Domain
import Foundation

@testable import Templates

/// The templates of this repository, and changed copies of them.
enum TemplateFixture {
  static let directory = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "templates").path

  /// The languages that Dues brings.
  static let locales = ["en", "de", "es", "fr", "ja"]

  static let london = TimeZone(identifier: "Europe/London") ?? .gmt

  static func mails(defaultLocale: String = "en-GB") throws -> MailTemplates {
    try MailTemplates(directory: directory, defaultLocale: defaultLocale)
  }

  static func pages(defaultLocale: String = "en-GB", business: Business = .sample) throws -> PageTemplates {
    try PageTemplates(directory: directory, defaultLocale: defaultLocale, business: business)
  }

  static let script = StripeScript(
    publishableKey: "pk_test_sample", apiBase: "https://api.stripe.com", apiVersion: "2026-10-28.endive")

  /// Runs `body` with a copy of the templates in which `files` are replaced, added, or removed (`nil`).
  static func withCopy<Result>(changing files: [String: String?], _ body: (String) throws -> Result) throws -> Result {
    let copy = FileManager.default.temporaryDirectory.appending(path: "dues-templates-\(UUID().uuidString)")
    try FileManager.default.copyItem(atPath: directory, toPath: copy.path)
    for (path, text) in files {
      let url = copy.appending(path: path)
      if let text {
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
      } else {
        try FileManager.default.removeItem(at: url)
      }
    }
    let result = try body(copy.path)
    try FileManager.default.removeItem(at: copy)
    return result
  }

  /// What is wrong with the mails of such a copy, with paths below it.
  static func mailProblems(changing files: [String: String?], defaultLocale: String = "en") throws -> [String] {
    try withCopy(changing: files) { copy in
      problems(below: copy) { () throws(TemplateError) in
        _ = try MailTemplates(directory: copy, defaultLocale: defaultLocale)
      }
    }
  }

  static func problems(below directory: String, _ work: () throws(TemplateError) -> Void) -> [String] {
    do throws(TemplateError) {
      try work()
      return []
    } catch {
      return error.problems.map { $0.description.replacing(directory + "/", with: "") }
    }
  }
}

extension OwedPage {
  /// Where the bank wants the customer, and Stripe's script may be used.
  static func sampleToConfirm() throws -> OwedPage {
    guard case .owed(var page) = Page.sample(.owed, zone: TemplateFixture.london) else {
      throw TemplateError(file: "", line: nil, "the sample is not an owed page")
    }
    page.reason = .confirmationNeeded
    page.nextRetryAt = nil
    page.dayChoice = nil
    page.nonce = "n1"
    page.stripe = StripeOnPage(
      ui: .confirm, script: TemplateFixture.script, clientSecret: nil, method: "pm_sample",
      confirmURL: page.payURL.replacing("/pay", with: "/confirm"), doneURL: page.payURL.replacing("/pay", with: ""))
    return page
  }
}
