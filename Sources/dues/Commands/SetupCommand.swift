import ArgumentParser

struct SetupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "setup",
    abstract: "Lets a customer save a payment method.",
    discussion: """
      Example:
        dues setup create --customer cus_1 --job gold
        dues setup link --customer cus_1 --job gold --send
        dues setup complete cs_test_1
      """,
    subcommands: [
      SetupCreateCommand.self, SetupLinkCommand.self, SetupCompleteCommand.self, SetupListCommand.self,
    ])
}
