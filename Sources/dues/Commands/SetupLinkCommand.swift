import ArgumentParser
import Domain
import Engine
import Storage
import Templates

struct SetupLinkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "link",
    abstract: "Prints our own lasting link, behind which a customer saves a payment method.",
    discussion: """
      The link works as long as server.link_secret stays the same, and may be used again: each time the customer saves a \
      method, it replaces the one before. With --send the customer is mailed it (setup_invitation); the same again \
      within 10 minutes is refused (65) unless --again. Needs server.public_url.

      Example:
        dues setup link --customer cus_1 --job gold
        dues setup link --customer cus_1 --job gold --send
      """)

  @Option(help: "The customer at Stripe, cus_….")
  var customer: String

  @Option(help: "The job that the customer agrees to.")
  var job: String?

  @Flag(help: "Mail it to the customer.")
  var send = false

  @Flag(help: "Mail it although the same was mailed within the last 10 minutes.")
  var again = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if again, !send { throw ValidationError("--again is for --send; leave it out, or say both") }
  }

  func run() async throws {
    let id = try TypedID.customer(customer)
    try await Program.run(common, .stripe) { program in
      let job = try job.map { name throws(CommandFailure) in try program.jobs.job(named: name) }
      let link = SetupLink(customer: id, job: job?.name)
      guard let url = program.links.setup(link) else {
        throw CommandFailure(
          exit: .configuration,
          message: """
            \(program.configuration.file): server.public_url is not set, and a lasting link leads to a page of ours; \
            set it with server.link_secret and run `dues serve`, or use `dues setup create`
            """)
      }
      if send, program.engine.mail == nil {
        throw CommandFailure(
          exit: .configuration,
          message: """
            \(program.configuration.file): --send needs mail.from, and mail.smtp_url or mail.outbox; set them, or send \
            the link yourself
            """)
      }
      _ = try await program.chargeable(id)
      let invitation = send ? try await program.engine.invite(link, again: again) : nil
      try show(url, invitation)
    }
  }

  private func show(_ url: String, _ invitation: Invitation?) throws {
    switch invitation {
    case .noAddress:
      throw CommandFailure.badInput(
        "customer \(customer) has no email address at Stripe; add one there, or send the link yourself: \(url)")
    case .recently(let last):
      throw CommandFailure.badInput(
        "customer \(customer) was invited to the same at \(last); say --again to mail it once more")
    case .made, nil: break
    }
    if common.json {
      StandardStreams.out(try JSONText.of(["url": url]))
      return
    }
    StandardStreams.out(url)
    guard case .made(let address, let isSent)? = invitation else { return }
    StandardStreams.out(
      isSent ? "Mailed to \(address)." : "Queued for \(address): it could not be mailed yet; `dues tick` tries again.")
  }
}
