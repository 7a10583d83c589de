/// Reads a folder that has a folder for each language, and gathers what is wrong instead of stopping at the first mistake.
struct TemplateLoader {
  let folder: TemplateFolder
  private(set) var problems: [TemplateError.Problem] = []

  init(_ folder: TemplateFolder) { self.folder = folder }

  /// `nil` if it throws; the problems are kept.
  mutating func attempt<Result>(_ work: () throws(TemplateError) -> Result) -> Result? {
    do throws(TemplateError) {
      return try work()
    } catch {
      problems += error.problems
      return nil
    }
  }

  mutating func complain(_ file: String, _ message: String) { problems.append(folder.problem(file, message)) }

  mutating func languages() -> [String] {
    let folder = folder
    return attempt { () throws(TemplateError) in try folder.folders() } ?? []
  }

  /// What `read` makes of each `*.mustache` file of each language: by language in lower case, then by what it returns.
  mutating func documents<Name: Hashable, Document>(
    in languages: [String], read: (_ language: String, _ file: String) throws(TemplateError) -> (Name, Document)?
  ) -> [String: [Name: Document]] {
    let folder = folder
    var documents: [String: [Name: Document]] = [:]
    for language in languages {
      let files = attempt { () throws(TemplateError) in try folder.files(in: language) } ?? []
      for file in files where file.hasSuffix(".mustache") {
        guard let found = attempt({ () throws(TemplateError) in try read(language, file) }),
          let (name, document) = found
        else { continue }
        documents[language.lowercased(), default: [:]][name] = document
      }
    }
    return documents
  }

  /// A phrasebook of each language that has one.
  mutating func phrasebooks(named file: String, keys: [String], in languages: [String]) -> [String: Phrasebook] {
    let folder = folder
    var phrasebooks: [String: Phrasebook] = [:]
    for language in languages where folder.has("\(language)/\(file)") {
      phrasebooks[language.lowercased()] = attempt { () throws(TemplateError) in
        try folder.phrases("\(language)/\(file)", keys: keys)
      }
    }
    return phrasebooks
  }

  /// Complains of each of `files` that none of the business's languages has.
  mutating func require(_ files: [String], for locale: String, has: (_ language: String, _ file: String) -> Bool) {
    let chain = LocaleChain(preferred: [], fallback: locale)
    for file in files where chain.first({ has($0, file) ? true : nil }) == nil {
      complain("\(chain.steps[0].folder)/\(file)", "this file is missing")
    }
  }

  /// Throws what was gathered, here and by `other`.
  func finish(with other: [TemplateError.Problem] = []) throws(TemplateError) {
    guard problems.isEmpty, other.isEmpty else { throw TemplateError(problems: problems + other) }
  }
}
