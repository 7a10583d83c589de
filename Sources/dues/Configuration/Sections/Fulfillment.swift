extension Configuration {
  /// `[fulfillment]`: who is told that a charge is paid.
  enum Fulfillment: Sendable, Equatable {
    case none
    /// Told by a signed `POST`.
    case url(String, secret: Secret)
    /// Told on the command's standard input; the program first, then its arguments.
    case command([String])

    init(reading table: TableReader) {
      let url = table.value("url", WebAddress.parse)
      let secret = table.secret("secret")
      let command = table.list("command") { text throws(ValueProblem) in text }
      if table.has("url"), table.has("command") {
        table.report("command", "fulfillment.url is there too", "remove one of the two")
      }
      if table.has("url"), !table.has("secret") {
        table.report(
          "secret", "is missing, and messages to fulfillment.url are signed with it", TableReader.secretRemedy)
      }
      if command?.isEmpty == true {
        table.report(
          "command", "the list is empty", "write the program and its arguments, such as [\"/usr/local/bin/paid\"]")
      }
      table.finish()
      if let url, let secret {
        self = .url(url, secret: secret)
      } else if let command, let program = command.first {
        // A bare name is looked for in $PATH; one with a slash is a path like any other.
        let place = program.contains("/") ? FilePlace.resolved(program, in: table.resolver.directory) : program
        self = .command([place] + command.dropFirst())
      } else {
        self = .none
      }
    }
  }
}
