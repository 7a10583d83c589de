import Foundation
import Mustache

/// A folder of templates on disk. Paths are relative to it; errors show the whole path.
struct TemplateFolder: Sendable {
  private let path: String

  init(_ path: String) { self.path = path }

  func shown(_ file: String) -> String { "\(path)/\(file)" }

  func problem(_ file: String, _ message: String) -> TemplateError.Problem {
    TemplateError.Problem(file: shown(file), line: nil, message: message)
  }

  func has(_ file: String) -> Bool { FileManager.default.fileExists(atPath: shown(file)) }

  /// The languages: every folder in it, sorted.
  func folders() throws(TemplateError) -> [String] {
    try names(in: path).filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: shown(name), isDirectory: &isFolder) && isFolder.boolValue
    }
  }

  func files(in folder: String) throws(TemplateError) -> [String] { try names(in: shown(folder)) }

  /// The text of a file, without a byte order mark and with `\n` line ends.
  func read(_ file: String) throws(TemplateError) -> String {
    do {
      let text = try String(contentsOfFile: shown(file), encoding: .utf8)
      return (text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text).replacing("\r\n", with: "\n")
    } catch {
      throw TemplateError(problems: [problem(file, "cannot be read as UTF-8 text")])
    }
  }

  /// A file that is a template as a whole.
  func template(_ file: String, vocabulary: Vocabulary) throws(TemplateError) -> MustacheTemplate {
    let source = try read(file)
    try TemplateText(source, file: shown(file)).check(against: vocabulary)
    return try .parsed(source, escaping: .html, file: shown(file))
  }

  func phrases(_ file: String, keys: [String]) throws(TemplateError) -> Phrasebook {
    try Phrasebook(try read(file), file: shown(file), keys: keys)
  }

  private func names(in folder: String) throws(TemplateError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }.sorted()
    } catch {
      throw TemplateError(file: folder, line: nil, "the folder cannot be read; set paths.templates to where it is")
    }
  }
}
