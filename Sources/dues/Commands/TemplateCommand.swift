import ArgumentParser
import Domain
import Engine
import Foundation
import Templates
import Transport

struct TemplateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "template",
    abstract: "The mails, as the templates directory has them.",
    discussion: """
      Example:
        dues template list
        dues template preview payment_failed --locale de
      """,
    subcommands: [TemplateListCommand.self, TemplatePreviewCommand.self, TemplateSendCommand.self])
}

struct TemplateListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the mails, and the languages that each is there in.",
    discussion: """
      Example:
        dues template list
      """)

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let configuration = try Configuration.load(common)
    let templates = try MailTemplates(
      directory: configuration.paths.templates, defaultLocale: configuration.business.locale)
    var table = TextTable([.init("MAIL"), .init("LANGUAGES")])
    for name in MailName.allCases {
      let locales = templates.locales.filter { locale in
        FileManager.default.fileExists(
          atPath: """
            \(configuration.paths.templates)/email/\(locale)/\(name.rawValue).mustache
            """)
      }
      if common.json { StandardStreams.out(try JSONText.of(MailText(name: name.rawValue, locales: locales))) }
      table.add([name.rawValue, locales.joined(separator: ", ")])
    }
    if !common.json { table.lines.forEach(StandardStreams.out) }
  }

  private struct MailText: Encodable {
    let name: String
    let locales: [String]
  }
}

struct TemplatePreviewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preview",
    abstract: "Renders a mail with made-up values.",
    discussion: """
      Example:
        dues template preview payment_failed
        dues template preview reminder --locale de --html > reminder.html
      """)

  @Argument(help: "The mail, such as payment_failed; `dues template list` has all.")
  var name: String

  @Option(help: "The customer's language, such as de or pt-BR; the business's if not said.")
  var locale: String?

  @Flag(help: "Only the HTML part.")
  var html = false

  @Flag(help: "Only the text part, with the subject above it.")
  var text = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if html, text { throw ValidationError("--html and --text exclude each other; leave out both for the whole mail") }
  }

  func run() async throws {
    let configuration = try Configuration.load(common)
    let mail = try SampleMail.render(name, locale: locale, configuration)
    if common.json {
      StandardStreams.out(
        try JSONText.of(["subject": mail.subject, "text": mail.text, "html": mail.html, "locale": mail.locale]))
      return
    }
    if !html { StandardStreams.out("Subject: \(mail.subject)\n\n\(mail.text)") }
    if html || !text { StandardStreams.out(mail.html) }
  }
}

struct TemplateSendCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send",
    abstract: "Sends a mail with made-up values, to see it arrive.",
    discussion: """
      Example:
        dues template send payment_failed --to me@example.com
      """)

  @Argument(help: "The mail, such as payment_failed; `dues template list` has all.")
  var name: String

  @Option(help: "The address to send it to.")
  var to: String

  @Option(help: "The customer's language, such as de or pt-BR; the business's if not said.")
  var locale: String?

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let address = try Self.checked(to)
    try await Program.run(common, .ledgerAndMail) { program in
      let mail = try SampleMail.render(name, locale: locale, program.configuration)
      guard let desk = program.engine.mail else {
        throw CommandFailure(
          exit: .configuration,
          message: """
            \(program.configuration.file): neither mail.smtp_url nor mail.outbox is set; write one of them
            """)
      }
      let id = "sample.\(name).\(UUID().uuidString.lowercased())"
      let message = desk.message(mail, id: id, to: MailAddress(address: address), at: program.now)
      do throws(MailError) {
        try await desk.transport.send(message)
      } catch {
        throw Self.failure(error)
      }
      let document = ["message_id": message.messageID, "to": address]
      StandardStreams.out(common.json ? try JSONText.of(document) : "sent to \(address) as \(message.messageID)")
    }
  }

  private static func checked(_ text: String) throws(CommandFailure) -> String {
    do throws(ValueProblem) {
      return try MailAddressText.bare(text)
    } catch {
      throw .badInput("--to \"\(text)\" \(error.problem); write one such as me@example.com")
    }
  }

  private static func failure(_ error: MailError) -> CommandFailure {
    switch error {
    case .refused(let reason): .badInput("the mail was refused: \(reason)")
    case .unavailable(let reason):
      CommandFailure(
        exit: .unavailable,
        message: """
          the mail could not be sent: \(reason); check [mail], or try again later
          """)
    }
  }
}

/// A mail with made-up values, in the business's name.
enum SampleMail {
  static func render(_ name: String, locale: String?, _ configuration: Configuration) throws -> RenderedMail {
    guard let kind = MailName(rawValue: name) else {
      let known = MailName.allCases.map(\.rawValue)
      let near = Spelling.nearest(to: name, among: known)
      throw CommandFailure.badInput(
        """
        there is no mail "\(name)"; \
        \(near.map { "did you mean \($0)?" } ?? "there are \(known.joined(separator: ", "))")
        """)
    }
    let templates = try MailTemplates(
      directory: configuration.paths.templates, defaultLocale: configuration.business.locale)
    let variables = MailVariables.sample(
      kind, business: try configuration.brand(), zone: configuration.business.zone.timeZone)
    return try templates.render(kind, variables: variables, locales: locale.map { [$0] } ?? [])
  }
}
