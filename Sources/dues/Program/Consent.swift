import Foundation

/// The question before money goes out: asked on a terminal, and answered beforehand by `--yes` elsewhere.
enum Consent {
  /// - Throws: ``CommandFailure`` 64 without a terminal and without `--yes`, or if the answer is no.
  static func ask(_ question: String, yes: Bool) throws(CommandFailure) {
    if yes { return }
    guard isatty(0) == 1, isatty(2) == 1 else {
      throw CommandFailure(exit: .usage, message: "\(question) There is no terminal to ask on; say --yes")
    }
    StandardStreams.error("\(question) [y/N]")
    let answer = readLine()?.trimmingCharacters(in: .whitespaces).lowercased() ?? ""
    guard answer == "y" || answer == "yes" else {
      throw CommandFailure(exit: .usage, message: "nothing was done")
    }
  }
}
