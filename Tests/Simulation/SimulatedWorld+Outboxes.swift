import Domain
import Engine
import Foundation
import Sandbox
import Transport

/// The mail server and the merchant's system, each as bad as the plan says.
extension SimulatedWorld {
  private var goesWrong: Bool { !isCalm.withLock { $0 } && chance.happens(plan.outboxFaultsPerMille) }

  func deliver(_ message: MailMessage, _ process: SimulatedProcess) async throws(MailError) {
    let charge = Self.charge(in: message.messageID)
    process.isBusy(with: charge)
    await takeTime(charge)
    await stand(process, at: .mail, charge)
    try passMail(process, .before, charge)
    await takeTime(charge)
    // The machine may have been stopped meanwhile.
    if process.isDead { throw .unavailable("the process is dead") }
    if goesWrong {
      book.wentWrong(for: charge, isShared: false)
      switch chance.int(0...3) {
      case 0: throw .unavailable("the mail server is away")
      case 1: if chance.happens(200) { throw .refused("550 no such mailbox") }
      default:
        arrive(message)
        throw .unavailable("the connection was closed before the server said yes")
      }
    }
    if planted?.swallows(message) != true { arrive(message) }
    try passMail(process, .after, charge)
  }

  /// A mail server and a merchant's system may take their time, and the charge goes on without them.
  private func takeTime(_ charge: String?) async {
    guard !isCalm.withLock({ $0 }), chance.happens(plan.outboxFaultsPerMille) else { return await Task.yield() }
    await timeline.sleep(.seconds(chance.int(1...chance.pick([3, 20, 60]))))
    if let charge, chance.happens(300) { await meddle(with: charge) }
  }

  /// A machine that is suspended in the middle of it: hours pass, and others go on with the charge. Only for a process that
  /// is to die here once the charge is in a certain state; if it never comes to that, it goes on as if nothing had been.
  private func stand(_ process: SimulatedProcess, at kind: EffectKind, _ charge: String?) async {
    guard let charge, let states = process.lurks(at: kind), !process.isDead, process.standsOnce() else { return }
    let naps = process.name.hasPrefix("serve") ? 30 : 8
    for _ in 0..<naps {
      if isCalm.withLock({ $0 }) || process.isDead || states.contains(state(of: charge) ?? "none") { return }
      await drive(charge, to: chance.pick(states.sorted()))
      if process.isDead || states.contains(state(of: charge) ?? "none") { return }
      await timeline.sleep(.minutes(Int64(chance.int(1...chance.pick([5, 60])))))
    }
  }

  /// The same in the middle of a request. A machine that wakes up would send what it has decided hours ago, or act on an
  /// answer of then; nobody can keep it from that but whoever turns it off.
  func standInRequest(_ process: SimulatedProcess, _ point: EffectPoint, _ charge: String?) async {
    guard let charge, let states = process.lurks(at: .http, point), !process.isDead,
      !states.contains(state(of: charge) ?? "none"), chance.happens(200), process.standsOnce()
    else { return }
    await drive(charge, to: chance.pick(states.sorted()))
    if !states.contains(state(of: charge) ?? "none") { process.kill() }
  }

  /// Does what may lead a charge into a state.
  private func drive(_ charge: String, to state: String) async {
    switch state {
    case "canceled": await cancel(charge)
    case "attempting": await payOnPage(charge, with: .leavingBank)
    case "unresolved":
      wire.losePosts(until: timeline.now + .minutes(10))
      await payOnPage(charge)
    case "processing": await payByDebit(charge)
    case "paid": await pay(of: charge)
    case "held": await loseCustomer(of: charge)
    case "uncollectible":
      guard chance.happens(500), let method = column("payment_method", of: charge) else { return }
      // The bank calls it fraud: it is given up at once.
      do {
        try sandbox.setBehavior(of: method, .declinesCharges(SandboxDecline("fraudulent")))
      } catch {
        book.report("world", "behavior", "\(error)")
      }
      await payOnPage(charge, with: .own)
    default: break
    }
  }

  /// In the customer's inbox; what it leads to is known from now on.
  private func arrive(_ message: MailMessage) {
    let id = planted?.renamed(message.messageID) ?? message.messageID
    book.note("mail \(id)")
    judge.mailed(id)
    guard let charge = Self.charge(in: message.messageID) else { return }
    for match in message.text.matches(of: /cs_[A-Za-z0-9_]+/) { seesPage(String(match.output), of: charge) }
  }

  func seesPage(_ session: String, of charge: String) {
    memory.withLock { memory in
      if !memory.pages.contains(where: { $0.session == session }) { memory.pages.append((session, charge)) }
    }
  }

  /// A notice's id, and so its Message-ID, begins with its charge.
  private static func charge(in messageID: String) -> String? {
    messageID.firstMatch(of: /chg_[a-z0-9]+/).map { String($0.output) }
  }

  private func passMail(
    _ process: SimulatedProcess, _ point: EffectPoint, _ charge: String?
  ) throws(MailError) {
    do {
      try process.cross(.mail, point, about: charge)
    } catch {
      throw .unavailable("the process is dead")
    }
  }

  func merchant(of process: SimulatedProcess) -> HTTPClient {
    HTTPClient { [self] request async throws(TransportError) in
      let object = StripeTruth.parse(request.body) ?? [:]
      let charge = ((object["data"] as? [String: Any])?["charge"] as? [String: Any])?["id"] as? String
      process.isBusy(with: charge)
      await takeTime(charge)
      await stand(process, at: .merchant, charge)
      try passMerchant(process, .before, charge)
      await takeTime(charge)
      if process.isDead { throw .noAnswer("the process is dead") }
      let isIll = goesWrong
      if isIll { book.wentWrong(for: charge, isShared: false) }
      if isIll, chance.happens(500) { throw .notSent("connection refused") }
      take(request)
      if isIll { return chance.happens(500) ? HTTPResponse(status: 503) : HTTPResponse(status: 500) }
      try passMerchant(process, .after, charge)
      return HTTPResponse(status: 204)
    }
  }

  /// The merchant acts on it, whatever it answers.
  private func take(_ request: HTTPRequest) {
    let id = request.field("webhook-id") ?? ""
    if planted?.swallows(messageID: id) == true { return }
    book.note("merchant \(id)")
    judge.told(id: id, body: request.body)
    if let again = planted?.doubled(messageID: id) { judge.told(id: again, body: request.body) }
  }

  private func passMerchant(
    _ process: SimulatedProcess, _ point: EffectPoint, _ charge: String?
  ) throws(TransportError) {
    do {
      try process.cross(.merchant, point, about: charge)
    } catch {
      throw .noAnswer("the process is dead")
    }
  }
}
