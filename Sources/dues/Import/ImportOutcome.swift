/// What importing a file came to, or would.
struct ImportOutcome {
  let file: String
  let isCheck: Bool
  /// Rows that are not in the ledger yet.
  let new: Int
  let imported: Int
  let existing: Int
  /// In the order of their lines.
  let errors: [ImportError]

  /// - Throws: ``CommandFailure`` (65) if a row is bad: then nothing was imported.
  func tell(json: Bool) throws {
    if json {
      StandardStreams.out(try JSONText.of(ImportText(imported: imported, existing: existing, errors: errors)))
    }
    guard errors.isEmpty else {
      let lines = errors.map { "\(file):\($0.line): \($0.message)" }
      throw CommandFailure.badInput(
        (["nothing was imported; mend what is wrong, and import it again"] + lines).joined(separator: "\n"))
    }
    guard !json else { return }
    let before = existing == 0 ? "" : ", \(existing) were there already"
    StandardStreams.out(
      isCheck ? "All rows are good: \(new) would be imported\(before)." : "\(imported) imported\(before).")
  }
}

/// The document of `--json`.
private struct ImportText: Encodable {
  let imported: Int
  let existing: Int
  let errors: [ImportError]
}
