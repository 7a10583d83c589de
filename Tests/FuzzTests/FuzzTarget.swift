import Foundation

/// What is fuzzed. Each makes a judge, which makes an input, gives it to the program, and throws what is wrong.
enum FuzzTarget: String, CaseIterable, Sendable, Codable {
  /// Our form encoder against the sandbox's decoder.
  case forms
  /// Any form to any operation of the sandbox.
  case sandbox
  /// Any answer to a request of ours.
  case answers
  /// Any body as an event, into the ledger.
  case events
  /// Any request to the webhook's address, over a socket.
  case webhooks
  /// Any address of the public site, with any languages, over a socket.
  case site
  case signatures
  case tokens
  case configuration
  case jobs
  /// Rows that were written are read.
  case csvRows
  /// Any bytes as CSV.
  case csv
  case templates
  /// Good templates, hostile values.
  case mails
  case pages

  /// All, or the one that `DUES_FUZZ_TARGET` names.
  static var chosen: [FuzzTarget] {
    let name = ProcessInfo.processInfo.environment["DUES_FUZZ_TARGET"]
    return allCases.filter { name == nil || name == $0.rawValue }
  }

  typealias Judge = (Input) async throws -> Void

  func judge() async throws -> Judge {
    switch self {
    case .forms: try FormTarget.comesBack()
    case .sandbox: try SandboxTarget.answers()
    case .answers: try AnswerTarget.isRead()
    case .events: try EventTarget.isStoredOrRefused()
    case .webhooks: try await WebhookTarget.isAnswered()
    case .site: try await SiteTarget.isAnswered()
    case .signatures: try SignatureTarget.isExact()
    case .tokens: try TokenTarget.isSigned()
    case .configuration: try ConfigurationTarget.loadsOrRefuses()
    case .jobs: try JobTarget.loadsOrRefuses()
    case .csvRows: CSVTarget.comesBack()
    case .csv: CSVTarget.readsOrRefuses()
    case .templates: try TemplateTarget.loadsOrRefuses()
    case .mails: try MailTarget.staysText()
    case .pages: try PageTarget.staysText()
    }
  }

  /// One of so many inputs is thrown: over sockets each takes its time.
  var share: Int { self == .webhooks || self == .site ? 20 : 1 }

  /// Bytes that an input may leave behind: TOMLKit 0.6.0 frees none of the names and tables that it hands over. A program
  /// reads its files once.
  var kept: Int { self == .configuration || self == .jobs ? 6 << 10 : 0 }

  /// The sandbox remembers; it begins anew with every so many inputs, and a replay begins there.
  var block: Int { self == .sandbox ? SandboxTarget.block : 1 }

  /// The same seed is another input for each target.
  var salt: UInt64 { rawValue.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 } }
}
