/// A text that no log, error, history or `--json` may show. Printing one prints `••••`.
struct Secret: Sendable, Hashable {
  /// The text itself, for the call that needs it.
  let revealed: String

  init(_ text: String) {
    revealed = text
  }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  var description: String { "••••" }
  var debugDescription: String { description }
  var customMirror: Mirror { Mirror(self, children: [:]) }
}
