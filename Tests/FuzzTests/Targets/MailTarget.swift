import Domain
import Foundation
import Templates
import TestSupport

/// Whatever a customer, a description or a business is called: in a mail it stays text, and the subject one line.
enum MailTarget {
  static func staysText() throws -> FuzzTarget.Judge {
    let mails = try MailTemplates(directory: Repository.path("templates"), defaultLocale: "en")
    return { input in
      let values = (0..<6).map { _ in HostileValue.random(&input.dice) }
      let locale = input.dice.once(in: 3) ? input.dice.text(upTo: 20) : input.dice.pick(["en", "de", "de-AT", "fr"])
      input.note(([locale] + values).joined(separator: "\n"))
      let name = input.dice.pick(MailName.allCases)
      let mail = try mails.render(name, variables: variables(name, values), locales: [locale])
      input.isGood = true
      if let place = HostileValue.unescaped(in: mail.html) { throw Wrong("\(name): not escaped: \(place)") }
      try require(isOneLine(mail.subject), "\(name): the subject is \(mail.subject.debugDescription)")
      try require(!mail.text.unicodeScalars.contains { isBreak($0) && $0 != "\n" }, "\(name): controls in the text")
      try require(!mail.html.contains("\nBcc:"), "\(name): a line of its own")
      try require(mail.html.utf8.count + mail.text.utf8.count < 256 << 10, "\(name): \(mail.html.utf8.count) bytes")
    }
  }

  private static func variables(_ name: MailName, _ values: [String]) throws -> MailVariables {
    let business = Business(name: values[0], supportEmail: values[1], color: nil, logo: nil)
    guard let zone = TimeZone(identifier: "Europe/London") else { throw Wrong("no zone") }
    var variables = MailVariables.sample(name, business: business, zone: zone)
    variables.customerName = values[2]
    variables.customerEmail = values[3]
    variables.charge?.description = values[4]
    // An address of ours or of Stripe's: it may hold what means something in HTML, but it is a line.
    let place = String(String.UnicodeScalarView(values[5].unicodeScalars.filter { !isBreak($0) }))
    if variables.recoveryURL != nil { variables.recoveryURL = "https://checkout.example/\(place)" }
    return variables
  }

  static func isOneLine(_ text: String) -> Bool { !text.unicodeScalars.contains(where: isBreak) }

  private static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
