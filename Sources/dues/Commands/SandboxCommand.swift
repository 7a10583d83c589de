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
      """)

  @OptionGroup var options: CommonOptions

  @Option(help: "Where to listen: a loopback address and a port.")
  var listen = "127.0.0.1:12111"

  func run() async throws {
    let address: ListenAddress
    do {
      address = try ListenAddress.parse(listen)
    } catch {
      throw CommandFailure(
        exit: .usage, message: "--listen \"\(listen)\" is not a host and a port; write it like 127.0.0.1:12111")
    }
    let (clock, _) = try SystemClock.clock(option: options.now, environment: ProcessInfo.processInfo.environment)
    let curl = CurlClient(
      configuration: CurlConfiguration(caFile: nil, userAgent: "Stripe/1.0 (sandbox of Dues)", maxConnectionsPerHost: 8)
    )
    let stripe = SandboxStripe(
      SandboxConfiguration(seed: UUID().uuidString, webhooks: curl.http), now: { Int(clock.now().seconds) })
    let server: SandboxServer
    do {
      server = try SandboxServer(stripe: stripe, host: address.host, port: address.port, logger: options.logger) {
        base in
        StandardStreams.out(
          "The sandbox answers at \(base); its page for people is the same address. No money moves here.")
      }
    } catch SandboxServer.Refusal.notLoopback(let host) {
      throw CommandFailure(
        exit: .usage, message: "--listen \(host): the sandbox listens on loopback only; write 127.0.0.1:12111")
    }
    try await Services.run([server], logger: options.logger)
    curl.shutdown()
  }
}
