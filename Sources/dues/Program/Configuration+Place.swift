import Crypto
import Foundation
import Storage

extension Configuration {
  /// Where the ledger lies, for its fence: `store.instance`, and machine and path.
  func ledgerPlace() -> LedgerPlace {
    let file = URL(fileURLWithPath: store.path)
    // The file itself may not be there yet; its directory is what can be reached by several names.
    let directory = file.deletingLastPathComponent().resolvingSymlinksInPath().path
    return LedgerPlace(
      instance: store.instance, location: "machine \(Self.machine) \(directory)/\(file.lastPathComponent)")
  }

  /// The machine's own id, hashed as machine-id(5) asks for; its name where there is none.
  private static var machine: String {
    let id: String
    do {
      id = try String(contentsOfFile: "/etc/machine-id", encoding: .utf8).trimmingCharacters(
        in: .whitespacesAndNewlines)
    } catch {
      return ProcessInfo.processInfo.hostName
    }
    guard !id.isEmpty else { return ProcessInfo.processInfo.hostName }
    let digest = SHA256.hash(data: Data("dues \(id)".utf8))
    return digest.prefix(6).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
