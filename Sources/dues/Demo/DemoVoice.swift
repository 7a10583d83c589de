/// How the story sounds in a terminal: plain lines, readable without color.
struct DemoVoice: Sendable {
  func step(_ number: Int, _ title: String) { StandardStreams.out("\n\(number). \(title)") }
  func command(_ line: String) { StandardStreams.out("   $ \(line)") }
  func say(_ line: String) { StandardStreams.out("   \(line)") }
  func good(_ line: String) { StandardStreams.out("   ok  \(line)") }
  func quote(_ lines: [String]) { for line in lines { StandardStreams.out("   | \(line)") } }
  func close(_ line: String) { StandardStreams.out("\n\(line)\n") }

  func invitation(recovery: String, setup: String, sandbox: String, outbox: String, configuration: String) {
    StandardStreams.out(
      """
      Now it is yours. Everything below is running, on this machine only:

        a payment that failed (in German)    \(recovery)
        a card to be saved                   \(setup)
        the sandbox, seen by a person        \(sandbox)/
        the mails                            \(outbox)

      Cards: 4242424242424242 pays, 4000000000000341 is saved and declines later, 4000002760003184 asks the bank.
      In another terminal:

        export DUES_CONFIG=\(configuration)
        dues charge list
        dues charge explain ID

      The timer runs every 10 seconds. Ctrl-C ends it all.

      """)
  }
}
