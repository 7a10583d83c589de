import Domain
import Engine
import Foundation
import Sandbox
import Storage
import Transport

/// The weeks of a world: what happens, when, and beside what.
extension SimulatedWorld {
  private enum Scene: CaseIterable {
    case tick, ticks, click, pay, staff, admin, bank, enqueue, agree, job, hint, refund, reconcile, dispute, setup,
      fill, key, page, asked, backup, wrongAmount
  }

  /// The whole life; every task that begins here ends here.
  func live() async {
    await begin()
    let end = timeline.now + .days(Int64(plan.days))
    await withDiscardingTaskGroup { group in
      while timeline.now < end, !isCaught {
        await timeline.sleep(gap())
        let scene = chance.pick(weighted: [
          (40, Scene.tick), (6, .ticks), (14, .click), (22, .pay), (6, .staff), (9, .admin),
          (plan.aimed[.readSetup] == nil ? 9 : 20, .bank), (6, .enqueue),
          (1, .agree), (2, .job), (2, .hint), (plan.aimed[.createRefund] == nil ? 5 : 15, .refund), (3, .reconcile),
          (2, .dispute), (3, .setup), (6, .fill),
          (plan.aimed[.readAccount] == nil ? 2 : 12, .key), (9, .page), (9, .asked),
          (plan.isRestored ? (staged == .unfenced ? 30 : 4) : 0, .backup),
          (plan.isLurking(at: .merchant, "scheduled") ? 40 : 1, .wrongAmount),
        ])
        let isForSetups = plan.wantsGuests && chance.happens(250)
        group.addTask { [self] in await play(isForSetups ? .setup : scene) }
        deliverEvents(&group)
        if memory.withLock({ $0.running }) > 6 { await timeline.sleep(.seconds(60)) }
      }
    }
    if !isCaught { await rest() }
  }

  /// A planted defect was seen; nothing more is to be learned from this world.
  private var isCaught: Bool { planted != nil && !book.violations.isEmpty }

  /// Irregular hours, and sometimes everything in one minute.
  private func gap() -> Duration {
    chance.pick(weighted: [
      (6, chance.duration(.zero, .seconds(2))), (5, chance.duration(.zero, .minutes(3))),
      (8, chance.duration(.minutes(1), .hours(3))), (9, chance.duration(.hours(1), .hours(14))),
      (1, chance.duration(.hours(20), .hours(60))),
    ])
  }

  private func play(_ scene: Scene) async {
    memory.withLock { $0.running += 1 }
    switch scene {
    case .tick: await staged == .staleCheck ? tickBesideClicks() : tick()
    case .ticks: await ticksAtOnce()
    case .click: await click()
    case .pay: await pay()
    case .staff: staff()
    case .admin: await admin()
    case .bank: bankChanges()
    case .enqueue: await enqueue(startingIn: .days(2))
    case .agree: await agree()
    case .job: editJob()
    case .hint: await lieAboutAnIntent()
    case .refund: await refund()
    case .reconcile: await reconcile()
    case .dispute: dispute()
    case .setup: await openSetup()
    case .fill: await fillSetup()
    case .key: rollKey()
    case .page: await payOnPage()
    case .asked: await ask()
    case .backup: await backUpOrRestore()
    case .wrongAmount: await payWrongAmount()
    }
    memory.withLock { $0.running -= 1 }
  }

  private func ticksAtOnce() async {
    book.cover { $0.happened("ticks at once") }
    let count = chance.pick([2, 2, 5])
    await withDiscardingTaskGroup { group in
      for _ in 0..<count { group.addTask { [self] in await tick() } }
    }
  }

  /// Customers click while it works.
  private func tickBesideClicks() async {
    await withDiscardingTaskGroup { group in
      group.addTask { [self] in await tick() }
      for _ in 0..<8 {
        group.addTask { [self] in
          await timeline.sleep(chance.duration(.zero, .seconds(10)))
          await click()
        }
      }
    }
  }

  private func bankChanges() {
    if chance.happens(plan.aimed[.readSetup] == nil ? 150 : 700), revokeMandate() { return }
    let methods = memory.withLock { memory in memory.customers.flatMap { memory.methods[$0] ?? [] } }
    guard let method = chance.pickIfAny(methods) else { return }
    behave(method)
    book.cover { $0.happened("a bank changes its mind") }
  }

  /// An editor's mistake in a job file, or its mending; or another amount for whoever agrees from now on.
  private func editJob() {
    let name = chance.pick(plan.jobs).name
    let amount: Int64? = chance.happens(400) ? Int64(chance.int(2...9) * 650) : nil
    memory.withLock { memory in
      if let amount {
        memory.amounts[name] = amount
      } else if memory.brokenJobs.remove(name) == nil {
        memory.brokenJobs.insert(name)
      }
      memory.serve = nil
    }
    book.note("the file of job \(name) is edited\(amount.map { ": \($0)" } ?? "")")
    book.cover { $0.happened(amount == nil ? "job file broken, or mended" : "job file edited") }
  }

  /// The operator rolls the key: the next tick looks up whose it is.
  private func rollKey() {
    memory.withLock {
      $0.keysRolled += 1
      $0.serve = nil
    }
    book.cover { $0.happened("key rolled") }
  }

  /// New events go out to `serve`: prompt, late, doubled, reordered, or never.
  private func deliverEvents(_ group: inout DiscardingTaskGroup) {
    guard plan.webhooks != .none else { return }
    let all = sandbox.ids(of: "event")
    let seen = memory.withLock { memory in
      defer { memory.eventsSeen = all.count }
      return memory.eventsSeen
    }
    for event in all.dropFirst(seen) {
      guard plan.webhooks == .prompt || !chance.happens(300) else { continue }
      for _ in 0..<(plan.webhooks == .chaotic && chance.happens(150) ? 2 : 1) {
        let delay = plan.webhooks == .prompt ? chance.duration(.zero, .seconds(5)) : lateness()
        group.addTask { [self] in
          await timeline.sleep(delay)
          await deliver(event: event)
        }
      }
    }
  }

  private func lateness() -> Duration {
    chance.pick(weighted: [
      (6, chance.duration(.zero, .seconds(30))), (3, chance.duration(.minutes(1), .hours(2))),
      (1, chance.duration(.hours(2), .days(3))),
    ])
  }

  /// Everything heals, nobody acts any more, and the timer goes on: now all must come to rest.
  private func rest() async {
    book.note("rest")
    isCalm.withLock { $0 = true }
    wire.calm()
    disk.calm()
    memory.withLock {
      $0.brokenJobs = []
      $0.serve = nil
    }
    sandbox.removeFaults()
    if plan.seed % 3 != 0 { await endAgreements() }
    let pauses: [Duration] =
      [.minutes(2), .minutes(2), .minutes(10), .hours(1), .hours(3), .hours(7)]
      + Array(repeating: .hours(26), count: 21)
    for pause in pauses {
      await timeline.sleep(pause)
      await tick()
      await liftFence()
      await decideByHand()
      if pause == .hours(7), plan.seed % 2 == 0 { await reconcile(refunds: false) }
    }
    if plan.notices.quietHours != nil {
      // What waited for the morning goes out.
      await timeline.sleep(.seconds(86_400 + 43_200 - timeline.now.seconds % 86_400))
      for _ in 0..<2 { await tick() }
    }
    // What the last tick has withdrawn, as with an agreement that ends with its recovery, is closed by the next.
    for _ in 0..<2 {
      await timeline.sleep(.minutes(2))
      await tick()
    }
    judge.end(blocked: memory.withLock { $0.blocked })
  }

  /// In most worlds nothing new is owed any more: what is charged in the weeks of quiet meets no fault.
  private func endAgreements() async {
    do {
      for id in try judge.ledger.texts("SELECT id FROM agreements WHERE state <> 'canceled' ORDER BY id") {
        await command("agreement cancel") {
          _ = try $0.ledger.cancel(AgreementID(id), keepOwed: true, at: timeline.now)
        }
      }
    } catch {
      book.report("checker", "agreements", "\(error)")
    }
  }

  /// What a person does whom `status` tells of an attempt that stayed unresolved.
  private func decideByHand() async {
    for subject in judge.matters("unresolved") { await resolve(subject) }
  }
}
