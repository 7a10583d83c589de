import Domain
import Foundation
import Sandbox
import Transport

/// The way between Dues and Stripe: slow, and broken in every way that matters.
final class Wire: Sendable {
  /// Stripe cannot be reached, or does not work, for a while.
  struct Outage: Sendable {
    let from: Timestamp
    let to: Timestamp
    let fault: WireFault
    let isOfWritesOnly: Bool
  }

  private let timeline: Timeline
  private let sandbox: SandboxStripe
  private let judge: Judge
  private let book: Book
  private let chance: Chance
  private let faultsPerMille: Int
  /// Calls that meet more faults than the others.
  private let aimed: [CallKind: Int]
  private let outages: [Outage]
  private let isCalm = Locked(false)
  private let losesPostsUntil = Locked<Timestamp?>(nil)
  /// A machine that stands still in the middle of a request, and what happens meanwhile.
  private let standing = Locked<Standing?>(nil)

  /// In a struct of its own: a bare closure in a generic place is wrapped once more at each access.
  private struct Standing: Sendable {
    let stand: @Sendable (SimulatedProcess, EffectPoint, String?) async -> Void
  }

  init(
    timeline: Timeline, sandbox: SandboxStripe, judge: Judge, book: Book, chance: Chance, plan: Plan,
    outages: [Outage]
  ) {
    self.timeline = timeline
    self.sandbox = sandbox
    self.judge = judge
    self.book = book
    self.chance = chance
    faultsPerMille = plan.faultsPerMille
    aimed = plan.aimed
    self.outages = outages
  }

  /// From now on nothing breaks.
  func calm() { isCalm.withLock { $0 = true } }

  /// For a while, whatever would change something is lost on its way there.
  func losePosts(until moment: Timestamp) { losesPostsUntil.withLock { $0 = moment } }

  func whileStanding(_ body: @escaping @Sendable (SimulatedProcess, EffectPoint, String?) async -> Void) {
    standing.withLock { $0 = Standing(stand: body) }
  }

  /// The seam as one process sees it.
  func client(of process: SimulatedProcess) -> HTTPClient {
    HTTPClient { [self] request async throws(TransportError) in try await send(request, process) }
  }

  private func send(_ request: HTTPRequest, _ process: SimulatedProcess) async throws(TransportError) -> HTTPResponse {
    let call = Call(request)
    let charge = judge.charge(of: call)
    process.isBusy(with: charge)
    await pause()
    await standing.withLock { $0 }?.stand(process, .before, charge)
    try pass(process, .before, charge)
    let fault = nextFault(of: call)
    if let fault {
      book.cover { $0.met(call.kind, fault) }
      book.wentWrong(
        for: charge, isShared: call.kind.isShared, once: call.kind.isShared ? "\(process.name) \(call.kind)" : nil)
    }
    book.note("\(process.name): \(call.kind.rawValue) \(call.object ?? call.key ?? "") \(fault?.rawValue ?? "")")
    let response: HTTPResponse
    do {
      response = try await carry(request, call, fault, process)
    } catch {
      judge.wasAnswered(call, nil, isCertainlyUnexecuted: fault?.isCertainlyUnexecuted ?? false, by: process)
      try pass(process, .after, charge)
      throw error
    }
    // A process that is dead by now has not learned what the answer says.
    judge.wasAnswered(
      call, process.isDead ? nil : response, isCertainlyUnexecuted: fault?.isCertainlyUnexecuted ?? false, by: process)
    await standing.withLock { $0 }?.stand(process, .after, charge)
    try pass(process, .after, charge)
    await pause()
    if process.isDead { throw .noAnswer("the process is dead") }
    return response
  }

  private func pass(
    _ process: SimulatedProcess, _ point: EffectPoint, _ charge: String?
  ) throws(TransportError) {
    do {
      try process.cross(.http, point, about: charge)
    } catch {
      throw .noAnswer("the process is dead")
    }
  }

  private func carry(
    _ request: HTTPRequest, _ call: Call, _ fault: WireFault?, _ process: SimulatedProcess
  ) async throws(TransportError) -> HTTPResponse {
    switch fault {
    case .refused: throw .notSent("connection refused")
    case .requestLost: throw .noAnswer("connection reset")
    case .unauthorized: return Self.unauthorized
    case .answerLost:
      _ = act(request, call, nil, process)
      throw .noAnswer("the connection was closed before an answer came")
    case .late:
      _ = act(request, call, nil, process)
      await timeline.sleep(request.timeout)
      throw .noAnswer("timed out")
    case .truncated:
      _ = act(request, call, nil, process)
      throw .noAnswer("the answer broke off")
    case .notJSON:
      let answer = act(request, call, nil, process)
      return HTTPResponse(
        status: 200, headers: answer?.headers.filter { $0.name == "Date" } ?? [], body: Data("<html>hello</html>".utf8))
    case .twice:
      _ = act(request, call, nil, process)
      return try required(act(request, call, nil, process))
    case .conflict, .running, .rateLimited, .lockTimeout, .failsBefore, .keepsFailure, .failsAfter, .gateway:
      return try required(act(request, call, fault, process))
    case nil: return try required(act(request, call, nil, process))
    }
  }

  private func required(_ response: HTTPResponse?) throws(TransportError) -> HTTPResponse {
    guard let response else { throw .noAnswer("the connection was closed before an answer came") }
    return response
  }

  /// Stripe acts. `nil`: it says nothing about it.
  private func act(
    _ request: HTTPRequest, _ call: Call, _ fault: WireFault?, _ process: SimulatedProcess
  ) -> HTTPResponse? {
    judge.reaches(call, by: process)
    if let kind = fault?.atStripe {
      let path = call.path.split(separator: "?").first.map(String.init) ?? call.path
      sandbox.inject(
        SandboxFault(kind, method: request.method, pathPrefix: path, limit: chance.pick(SandboxFault.Limit.allCases)))
    }
    let response: HTTPResponse? =
      switch sandbox.handle(request) {
      case .answer(let response), .late(let response, _), .truncated(let response): response
      case .dropped: nil
      }
    judge.acted(call, response, by: process)
    return response
  }

  private func nextFault(of call: Call) -> WireFault? {
    if isCalm.withLock({ $0 }) { return nil }
    let now = timeline.now
    if let outage = outages.first(where: { $0.from <= now && now < $0.to && (!$0.isOfWritesOnly || call.key != nil) }) {
      return outage.fault
    }
    if call.key != nil, losesPostsUntil.withLock({ $0.map { now < $0 } ?? false }) { return .requestLost }
    return chance.happens(aimed[call.kind] ?? faultsPerMille) ? chance.pick(WireFault.allCases) : nil
  }

  private func pause() async {
    if chance.happens(500) { await Task.yield() } else { await timeline.sleep(.milliseconds(chance.int(1...900))) }
  }

  private static let unauthorized = HTTPResponse(
    status: 401,
    body: Data(#"{"error":{"type":"invalid_request_error","message":"Invalid API Key provided: sk_test_****"}}"#.utf8))
}
