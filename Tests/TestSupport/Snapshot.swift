import Foundation

/// Compares `text` with the file `Snapshots/NAME` beside the test's own file, exactly.
///
/// With `DUES_RECORD=1` in the environment the file is written instead: read the difference before you commit it.
package func assertSnapshot(_ text: String, named name: String, file: String = #filePath) throws {
  let url = URL(filePath: file).deletingLastPathComponent().appending(path: "Snapshots").appending(path: name)
  if ProcessInfo.processInfo.environment["DUES_RECORD"] == "1" {
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    return
  }
  guard FileManager.default.fileExists(atPath: url.path) else {
    throw SnapshotMismatch(name: name, detail: "there is none")
  }
  let recorded = try String(contentsOf: url, encoding: .utf8)
  // Bytes, because Swift's equality takes differently composed characters for the same.
  guard !recorded.utf8.elementsEqual(text.utf8) else { return }
  throw SnapshotMismatch(name: name, detail: firstDifference(recorded, text))
}

/// A snapshot that is missing or differs.
package struct SnapshotMismatch: Error, CustomStringConvertible {
  let name: String
  let detail: String

  package var description: String {
    "snapshot \(name): \(detail); run again with DUES_RECORD=1 if the new text is right"
  }
}

private func firstDifference(_ recorded: String, _ actual: String) -> String {
  let old = recorded.split(separator: "\n", omittingEmptySubsequences: false)
  let new = actual.split(separator: "\n", omittingEmptySubsequences: false)
  for index in 0..<max(old.count, new.count) {
    let (was, now) = (index < old.count ? old[index] : "(end)", index < new.count ? new[index] : "(end)")
    if !was.utf8.elementsEqual(now.utf8) { return "line \(index + 1)\n  was \(was)\n  now \(now)" }
  }
  return "the lines are equal, the line ends are not"
}
