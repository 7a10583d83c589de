import Domain
import Engine
import Foundation
import GRDB
import Storage
import Transport

/// A copy of the ledger's file, with the small file beside it.
struct Backup: Sendable {
  let at: Timestamp
  let path: String
  let progress: Data?
  /// Mails and messages that had arrived by then.
  let arrived: (mails: Int, messages: Int)
}

/// An older copy is put in the ledger's place, and somebody lifts the fence afterwards.
extension SimulatedWorld {
  /// What stands beside the older copy.
  private enum ProgressStory: String, CaseIterable { case stayed, cameAlong, gone }

  private var progressPath: String { path + ".progress" }

  func backUpOrRestore() async {
    if isFenced, chance.happens(700) { return await liftFence() }
    guard let backup = memory.withLock({ $0.backup }) else { return backUp() }
    let restores = memory.withLock { $0.restores }
    guard restores < 2, timeline.now - backup.at > chance.pick([.zero, .hours(5), .hours(25), .hours(60)]) else {
      return
    }
    restore(backup)
    if chance.happens(500) { memory.withLock { $0.backup = nil } }
  }

  private func backUp() {
    do {
      let copy = "\(path).backup"
      if FileManager.default.fileExists(atPath: copy) { try FileManager.default.removeItem(atPath: copy) }
      try Self.copy(from: path, to: copy)
      let backup = Backup(
        at: timeline.now, path: copy, progress: FileManager.default.contents(atPath: progressPath),
        arrived: judge.arrived())
      memory.withLock { $0.backup = backup }
      book.note("the ledger is backed up")
    } catch {
      book.report("world", "backup", "\(error)")
    }
  }

  /// The machine is stopped, the older copy put back, and the machine started again.
  private func restore(_ backup: Backup) {
    let story = chance.pick(ProgressStory.allCases)
    memory.withLock { memory in
      for process in memory.living { process.kill() }
      memory.living = []
      memory.serve = nil
      memory.restores += 1
    }
    do {
      try Self.copy(from: backup.path, to: path)
      switch story {
      case .stayed: break
      case .cameAlong: try backup.progress?.write(to: URL(fileURLWithPath: progressPath))
      case .gone:
        if FileManager.default.fileExists(atPath: progressPath) {
          try FileManager.default.removeItem(atPath: progressPath)
        }
      }
    } catch {
      book.report("world", "restore", "\(error)")
    }
    judge.rolledBack(to: backup.at, arrived: backup.arrived)
    book.note("the ledger of \(backup.at) is put back; the file beside it: \(story.rawValue)")
    book.cover { $0.happened("an older ledger is put back, its file \(story.rawValue)") }
    book.wentWrong(for: nil, isShared: true)
  }

  /// All pages of one file over those of another, as `sqlite3 .backup` and `.restore` do.
  private static func copy(from: String, to: String) throws {
    let source = try DatabaseQueue(path: from)
    let copy = try DatabaseQueue(path: to)
    try source.backup(to: copy)
    try source.close()
    try copy.close()
  }

  private var isFenced: Bool {
    do {
      return try ledger.fence() != nil
    } catch {
      return true
    }
  }

  /// `dues fence lift`, by whom `status` has told of it.
  func liftFence() async {
    guard isFenced else { return }
    await run(process("lift", longest: 30)) { engine in
      let lift = try await engine.liftFence()
      book.note("fence lift: \(lift.isLifted ? "lifted" : "stays"), adopted \(lift.adopted), blocked \(lift.blocked)")
      memory.withLock { $0.blocked = lift.blocked }
      book.cover { $0.happened(lift.isLifted ? "the fence is lifted" : "the fence stays") }
    }
    judge.step("fence lift")
  }
}
