import Foundation
import Glibc

/// How much memory the process holds.
enum ResidentMemory {
  /// In bytes.
  static func now() throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    let fields = text.split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { throw Wrong("/proc/self/statm says \(text)") }
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }
}
