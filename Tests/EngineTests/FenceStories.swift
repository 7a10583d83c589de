import Domain
import Engine
import Foundation
import Storage
import TestSupport
import Transport

/// What stands beside an older copy when it is put in the ledger's place.
enum ProgressStory: CaseIterable {
  /// Only the database was put back: the file has stayed, and knows better.
  case stayed
  /// The whole directory was put back, its file with it.
  case cameAlong
  /// A new disk.
  case gone
}

/// Copies, clones and older backups of a world's ledger.
extension World {
  /// A copy of the ledger as it is now, with the file that stands beside it.
  func backup() throws -> String {
    let copy = FileManager.default.temporaryDirectory.appendingPathComponent("copy-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
    try Self.copy(from: ledger.path, to: copy.appendingPathComponent("dues.db").path, ["", "-wal", ".progress"])
    return copy.appendingPathComponent("dues.db").path
  }

  /// The program on a copy, in the ledger's own place unless it is said where.
  func engine(
    on copy: String, _ story: ProgressStory, place: LedgerPlace = World.place
  ) throws -> Engine {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).db").path
    try Self.copy(from: copy, to: path, story == .cameAlong ? ["", "-wal", ".progress"] : ["", "-wal"])
    if story == .stayed { try Self.copy(from: ledger.path, to: path, [".progress"]) }
    let older = try Ledger.open(path: path, place: place, now: clock.now) { LedgerID("led_never") }
    return engine.with(ledger: older)
  }

  /// The customer follows the link and pays on the page that opens; a minute later a tick has read of it.
  func payThroughLink(_ charge: ChargeID) async throws {
    guard case .open = try await engine.openCheckout(for: charge, by: .customer, youngerThan: .hours(1)) else {
      throw StoryError("no page")
    }
    _ = try pay(charge)
    try await tick(after: .minutes(1))
  }

  private static func copy(from: String, to: String, _ suffixes: [String]) throws {
    for suffix in suffixes where FileManager.default.fileExists(atPath: from + suffix) {
      try FileManager.default.copyItem(atPath: from + suffix, toPath: to + suffix)
    }
  }

  /// Everything sent to Stripe that changes something there.
  var posts: Int { network.requests.count { $0.method != .get } }
}

extension Engine {
  @discardableResult
  func tick() async throws -> TickReport { try await tick(limit: nil) }
}
