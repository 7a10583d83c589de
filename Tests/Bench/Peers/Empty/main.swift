import Hummingbird

/// The least that the web server of Dues can cost: its framework, and a handler that does nothing.
let router = Router()
router.post("webhooks/stripe") { _, _ in HTTPResponse.Status.ok }
let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 8080
let app = Application(
  router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)))
try await app.runService()
