import Domain

/// The phrases of one language that mails and pages share.
struct SharedWords: Sendable {
  /// What may be said of a cause, by ``SafeReason``.
  let reasons: Phrasebook
  /// What a payment method without a name of its own is called.
  let methods: Phrasebook
}

/// ``SharedWords`` of every language: `email/LOCALE/reasons.txt` and `methods.txt`.
struct SharedPhrases: Sendable {
  private let reasons: [String: Phrasebook]
  private let methods: [String: Phrasebook]

  /// What is wrong with the files is kept by `loader`.
  init(_ loader: inout TemplateLoader, in languages: [String]) {
    reasons = loader.phrasebooks(named: "reasons.txt", keys: SafeReason.allCases.map(\.rawValue), in: languages)
    methods = loader.phrasebooks(named: "methods.txt", keys: PaymentMethod.phraseKeys, in: languages)
  }

  /// Complains of the files that none of the business's languages has.
  func require(for locale: String, _ loader: inout TemplateLoader) {
    loader.require(["reasons.txt"], for: locale) { language, _ in reasons[language] != nil }
    loader.require(["methods.txt"], for: locale) { language, _ in methods[language] != nil }
  }

  /// In the language of `folder`, else in the first of `chain` that has them; `nil` never after ``require(for:_:)``.
  func words(_ folder: String, _ chain: LocaleChain) -> SharedWords? {
    guard let reasons = reasons[folder] ?? chain.first({ reasons[$0] })?.found,
      let methods = methods[folder] ?? chain.first({ methods[$0] })?.found
    else { return nil }
    return SharedWords(reasons: reasons, methods: methods)
  }

  func reason(_ reason: SafeReason, _ chain: LocaleChain) -> String? {
    chain.first { reasons[$0] }?.found[reason.rawValue]
  }
}
