import Domain
import Testing

@testable import Templates

/// What a payment method is called, in each language.
struct CardTextTests {
  private func text(_ type: String, _ brand: String?, _ locale: String) throws -> String {
    var variables = MailVariables.sample(.reminder, business: .sample, zone: TemplateFixture.london)
    variables.card = PaymentMethod(
      id: "pm_1", customer: nil, type: type, brand: brand, last4: "6789", expiryMonth: nil, expiryYear: nil,
      fingerprint: nil, mandate: nil)
    let mail = try TemplateFixture.mails().render(.reminder, variables: variables, locales: [locale])
    return mail.text.replacing("\n", with: " ")
  }

  @Test(arguments: [
    ("en", "(card ending 6789)", "(bank account ending 6789)", "(SEPA account ending 6789)"),
    (
      "de", "(Karte mit den Endziffern 6789)", "(Bankkonto mit den Endziffern 6789)",
      "(SEPA-Konto mit den Endziffern 6789)"
    ),
    ("es", "(tarjeta terminada en 6789)", "(cuenta bancaria terminada en 6789)", "(cuenta SEPA terminada en 6789)"),
    (
      "fr", "(carte se terminant par 6789)", "(compte bancaire se terminant par 6789)",
      "(compte SEPA se terminant par 6789)"
    ),
    ("ja", "カード、末尾6789", "銀行口座、末尾6789", "SEPA口座、末尾6789"),
  ])
  func `what has no name of its own is named in the customer's language`(
    locale: String, card: String, account: String, sepa: String
  ) throws {
    for brand in [nil, "", "unknown"] { #expect(try text("card", brand, locale).contains(card)) }
    for type in PaymentMethod.bankDebitTypes.subtracting(["sepa_debit"]) {
      #expect(try text(type, nil, locale).contains(account), "\(type)")
    }
    #expect(try text("sepa_debit", nil, locale).contains(sepa))
  }

  @Test(arguments: TemplateFixture.locales)
  func `a name of its own is nowhere translated`(locale: String) throws {
    #expect(try text("card", "amex", locale).contains("American Express"))
    #expect(try text("us_bank_account", "STRIPE TEST BANK", locale).contains("STRIPE TEST BANK"))
  }

  @Test func `what nobody would recognize is left out`() throws {
    #expect(try !text("customer_balance", nil, "en").contains("6789"))
  }

  @Test func `the names are checked like templates`() throws {
    let problems = try TemplateFixture.mailProblems(changing: [
      "email/de/methods.txt": "card = Karte\nkonto = x\nbank_account = Bankkonto\n"
    ])
    #expect(problems.count == 2)
    #expect(problems[0].hasPrefix("email/de/methods.txt:2: unknown key \"konto\""))
    #expect(problems[1] == "email/de/methods.txt: the phrase \"sepa_account\" is missing")
    let missing = try TemplateFixture.mailProblems(changing: ["email/en/methods.txt": nil])
    #expect(missing == ["email/en/methods.txt: this file is missing"])
  }
}
