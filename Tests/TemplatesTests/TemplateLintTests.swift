import Domain
import Foundation
import Testing

@testable import Templates

struct TemplateLintTests {
  @Test(arguments: [
    ("Subject: x\n\nHello {{charge.amont}}", "reminder.mustache:3: unknown variable \"charge.amont\""),
    ("Subject: {{nam}}\n\nHello", "reminder.mustache:1: unknown variable \"nam\""),
    (
      "Subject: x\n\na\n\n{{#card}}\n{{card.number}}\n{{/card}}",
      "reminder.mustache:6: unknown variable \"card.number\""
    ),
    ("Subject: x\n\n{{#custmer}}a{{/custmer}}", "reminder.mustache:3: unknown variable \"custmer\""),
    ("Subject: x\n\n{{content}}", "reminder.mustache:3: unknown variable \"content\""),
    ("Hello\n\nthere", "reminder.mustache:1: the first line must be \"Subject: …\""),
    ("", "reminder.mustache:1: the first line must be"),
    ("Subject:\n\nHello", "reminder.mustache:1: the first line must be"),
    ("Subject: x\nHello", "reminder.mustache:2: an empty line must follow"),
    ("Subject: x\n\n", "reminder.mustache:3: there is no text"),
    ("Subject: x\n\na\nb {{#card}} c", "reminder.mustache:4: {{#card}} is never closed"),
    ("Subject: x\n\na {{/card}}", "reminder.mustache:3: {{/card}} closes nothing"),
    ("Subject: x\n\n{{#card}}{{#charge}}{{/card}}{{/charge}}", "reminder.mustache:3: {{/charge}} is expected here"),
    ("Subject: x\n\na\n{{charge.amount", "reminder.mustache:4: a tag is opened with {{ and not closed with }}"),
    ("Subject: x\n\na {{reason\n\nb}}", "reminder.mustache:3: a tag is opened with {{ and not closed with }} on its"),
    ("Subject: x\n\n{{{charge.description}}}", "reminder.mustache:3: {{{charge.description}}} would put a value"),
    ("Subject: x\n\n{{&charge.description}}", "reminder.mustache:3: {{&charge.description}} would put a value"),
    ("Subject: x\n\n{{ #card}}x{{/card}}", "reminder.mustache:3: {{ #card}} is not supported here"),
    ("Subject: x\n\n{{>footer}}", "reminder.mustache:3: {{>footer}} is not supported here"),
    ("Subject: x\n\n{{=<% %>=}}", "reminder.mustache:3: {{=<% %>=}} is not supported here"),
    ("Subject: x\n\na\n\n[Pay]({{charge.amount}})", "reminder.mustache:5: a button leads to"),
    ("Subject: x\n\n[Pay](http://example.com)", "reminder.mustache:3: a button leads to"),
    ("Subject: x\n\n[Pay](javascript:alert)", "reminder.mustache:3: a button leads to"),
    ("Subject: x\r\n\r\na\r\n{{typo}}\r\n", "reminder.mustache:4: unknown variable \"typo\""),
  ])
  func `a mistake is named with its file and line`(source: String, message: String) throws {
    let problems = try TemplateFixture.mailProblems(changing: ["email/en/reminder.mustache": source])
    #expect(problems.count >= 1 && problems[0].hasPrefix("email/en/\(message)"), "\(problems)")
  }

  @Test func `all mistakes are named at once`() throws {
    let problems = try TemplateFixture.mailProblems(changing: [
      "email/en/reminder.mustache": "Subject: x\n\n{{a}} {{b}}", "email/de/reminder.mustache": "no subject",
      "email/layout.html.mustache": "<p>{{c}}</p>",
    ])
    #expect(problems.count == 4)
  }

  @Test func `sections, members inside them and comments are fine`() throws {
    let source = """
      Subject: {{#card}}{{brand}}{{/card}}

      {{! for the translator }}
      {{#card}}{{brand}} {{card.last4}} {{#expiry}}{{.}}{{/expiry}}{{/card}}{{^card}}none{{/card}} {{ charge.amount }}
      """
    #expect(try TemplateFixture.mailProblems(changing: ["email/en/reminder.mustache": source]) == [])
  }

  @Test func `every variable of the interface is known`() throws {
    let names = [
      "customer.name", "customer.email", "charge.description", "charge.amount", "charge.currency", "charge.due_date",
      "card.brand", "card.last4", "card.expiry", "reason", "recovery_url", "link_expires", "setup_url",
      "next_retry_date", "deadline_date", "business.name", "business.support_email",
    ]
    let source = "Subject: x\n\n" + names.map { "{{\($0)}}" }.joined(separator: "\n|")
    try TemplateFixture.withCopy(changing: ["email/en/reminder.mustache": source]) { copy in
      var variables = MailVariables.sample(.reminder, business: .sample, zone: TemplateFixture.london)
      variables.reason = .expired
      variables.linkExpires = variables.deadlineDate
      variables.setupURL = "https://pay.example.com/s/x"
      let mails = try MailTemplates(directory: copy, defaultLocale: "en")
      let text = try mails.render(.reminder, variables: variables, locales: []).text
      let values = text.components(separatedBy: "\n\n")[0].replacing("\n", with: " ").components(separatedBy: "|")
      #expect(values.count == names.count && values.allSatisfy { !$0.trimmed.isEmpty }, "\(values)")
    }
  }

  @Test func `a missing mail is named`() throws {
    let problems = try TemplateFixture.mailProblems(changing: ["email/en/reminder.mustache": nil])
    #expect(problems == ["email/en/reminder.mustache: this file is missing"])
    #expect(try TemplateFixture.mailProblems(changing: ["email/en/reminder.mustache": nil], defaultLocale: "de") == [])
  }

  @Test func `a file that no mail uses is named`() throws {
    let problems = try TemplateFixture.mailProblems(changing: ["email/de/remider.mustache": "Subject: x\n\ny"])
    #expect(problems.count == 1 && problems[0].hasPrefix("email/de/remider.mustache: no mail has this name"))
    let orphan = try TemplateFixture.mailProblems(changing: ["email/it/reminder.html.mustache": "x"])
    #expect(orphan == ["email/it/reminder.html.mustache: there is no it/reminder.mustache for the text part"])
  }

  @Test func `reasons are checked like templates`() throws {
    let source = "declined = no\n# comment\nstolen = ha\nexpired\n"
    let problems = try TemplateFixture.mailProblems(changing: ["email/de/reasons.txt": source])
    #expect(problems.count == 8)
    #expect(problems[0].hasPrefix("email/de/reasons.txt:3: unknown key \"stolen\""))
    #expect(problems[1] == "email/de/reasons.txt:4: write \"key = phrase\"")
    #expect(problems[2] == "email/de/reasons.txt: the phrase \"declined_by_bank\" is missing")
  }

  @Test func `a folder that is not there is said so`() {
    let problems = TemplateFixture.problems(below: "/") { () throws(TemplateError) in
      _ = try MailTemplates(directory: "/nowhere", defaultLocale: "en")
    }
    #expect(problems.first?.contains("nowhere/email: the folder cannot be read; set paths.templates") == true)
  }
}
