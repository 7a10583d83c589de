import ArgumentParser
import Domain
import Engine
import Foundation
import Logging
import Sandbox
import ServiceLifecycle
import Transport

/// `dues sandbox`: the embedded Stripe alone.
struct SandboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sandbox",
    abstract: "Run the embedded Stripe alone, for anything that speaks Stripe's API. No money moves.",
    discussion: """
      Example:
        dues sandbox --listen 127.0.0.1:12111
        curl http://127.0.0.1:12111/v1/customers -u sk_test_any: -d name=Ada
        dues sandbox --state stripe.json --latency 300ms
      """)

  @OptionGroup var options: CommonOptions

  @Option(help: "Where to listen: a loopback address and a port.")
  var listen = "127.0.0.1:12111"

  @Option(help: "Where its memory is kept, so that it goes on where it was stopped; without it, nothing is kept.")
  var state: String?

  @Option(help: "How long each answer takes, such as 300ms; meanwhile its idempotency key is in use.")
  var latency: String?

  func run() async throws {
    let address: ListenAddress
    do {
      address = try ListenAddress.parse(listen)
    } catch {
      throw CommandFailure(
        exit: .usage, message: "--listen \"\(listen)\" is not a host and a port; write it like 127.0.0.1:12111")
    }
    let options = try serverOptions()
    let (clock, _) = try SystemClock.clock(
      option: self.options.now, environment: ProcessInfo.processInfo.environment)
    let curl = CurlClient(
      configuration: CurlConfiguration(caFile: nil, userAgent: "Stripe/1.0 (sandbox of Dues)", maxConnectionsPerHost: 8)
    )
    let stripe = SandboxStripe(
      SandboxConfiguration(seed: UUID().uuidString, webhooks: curl.http), now: { Int(clock.now().seconds) })
    try restore(stripe, from: options.stateFile)
    let server: SandboxServer
    do {
      server = try SandboxServer(
        stripe: stripe, host: address.host, port: address.port, options: options, logger: self.options.logger
      ) { base in
        StandardStreams.out(
          "The sandbox answers at \(base); its page for people is the same address. No money moves here.")
      }
    } catch SandboxServer.Refusal.notLoopback(let host) {
      throw CommandFailure(
        exit: .usage, message: "--listen \(host): the sandbox listens on loopback only; write 127.0.0.1:12111")
    }
    try await Services.run([server], logger: self.options.logger)
    curl.shutdown()
  }

  private func serverOptions() throws -> SandboxServer.Options {
    var options = SandboxServer.Options()
    options.stateFile = state.map { URL(fileURLWithPath: $0) }
    guard let latency else { return options }
    guard let number = Int(latency.hasSuffix("ms") ? String(latency.dropLast(2)) : ""), (0...60_000).contains(number)
    else {
      throw CommandFailure(
        exit: .usage, message: "--latency \"\(latency)\" is not a time in milliseconds; write it like 300ms")
    }
    options.latency = .milliseconds(number)
    return options
  }

  private func restore(_ stripe: SandboxStripe, from file: URL?) throws {
    guard let file, FileManager.default.fileExists(atPath: file.path) else { return }
    do {
      try stripe.restore(Data(contentsOf: file))
    } catch let problem as SandboxStripe.StateProblem {
      throw CommandFailure.badInput(
        "\(file.path) cannot be taken up: \(problem.reason); name another file, or remove it to begin anew")
    } catch {
      throw CommandFailure.badInput("\(file.path) cannot be read: \(error.localizedDescription)")
    }
  }
}
