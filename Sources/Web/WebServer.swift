package import Engine
package import Logging
import ServiceLifecycle
package import Templates

/// Pages, links, webhooks and health behind two sockets, and the applier that does what they brought in.
///
/// It ends by graceful shutdown: no new connections, requests in flight are answered, the applier finishes its turn. The
/// group it runs in must set `maximumGracefulShutdownDuration`: a stalled upload holds it until `idleTimeout`.
package struct WebServer: Service {
  private let engine: Engine
  private let pages: PageTemplates
  private let configuration: WebConfiguration
  private let logger: Logger
  private let onApplied: @Sendable () -> Void
  private let onListening: @Sendable (_ publicURL: String, _ internalURL: String?) -> Void

  /// - Parameters:
  ///   - onApplied: called after each turn of the applier; tests wait for it.
  ///   - onListening: called once, when every listener has its port: `http://127.0.0.1:8080`, without a slash at the end.
  package init(
    engine: Engine, pages: PageTemplates, configuration: WebConfiguration, logger: Logger,
    onApplied: @escaping @Sendable () -> Void = {},
    onListening: @escaping @Sendable (_ publicURL: String, _ internalURL: String?) -> Void
  ) {
    self.engine = engine
    self.pages = pages
    self.configuration = configuration
    self.logger = logger
    self.onApplied = onApplied
    self.onListening = onListening
  }

  package func run() async throws {
    let doorbell = Doorbell()
    let counters = WebCounters()
    let health = HealthDesk(engine: engine, counters: counters)
    let board = AddressBoard(hasInternal: configuration.internalHost != nil, whenComplete: onListening)
    let site = PublicSite(
      engine: engine, pages: pages, configuration: configuration, doorbell: doorbell, health: health,
      webhooks: WebhookDesk(
        engine: engine, intake: EventIntake(engine: engine), configuration: configuration, doorbell: doorbell,
        counters: counters, logger: logger),
      logger: logger)
    var services: [any Service] = [
      EventApplier(engine: engine, doorbell: doorbell, logger: logger, onApplied: onApplied)
    ]
    if let host = configuration.internalHost {
      services.append(
        Listener(
          host: host, port: configuration.internalPort, idleTimeout: configuration.idleTimeout,
          responder: InternalSite(links: engine.links, health: health, logger: logger), logger: logger,
          onListening: board.setInternal))
    }
    services.append(
      Listener(
        host: configuration.host, port: configuration.port, idleTimeout: configuration.idleTimeout, responder: site,
        logger: logger, onListening: board.setPublic))
    // Stopped in reverse order: first the doors, the applier last.
    try await ServiceGroup(configuration: ServiceGroupConfiguration(services: services, logger: logger)).run()
  }
}
