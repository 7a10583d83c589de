import Foundation

/// Writes the sandbox's memory into a file whenever it has changed, at most once a second.
struct StateKeeper: Sendable {
  let stripe: SandboxStripe
  let file: URL

  /// Until it is canceled. A file that cannot be written ends the sandbox: its memory was promised to be kept.
  func run() async throws {
    var written = -1
    while true {
      let revision = stripe.revision
      if revision != written {
        try write()
        written = revision
      }
      do { try await Task.sleep(for: .seconds(1)) } catch { return }
    }
  }

  /// The whole file or none: it is written beside the old one, and takes its place.
  func write() throws { try stripe.state().write(to: file, options: .atomic) }
}
