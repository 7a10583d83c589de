import Domain

/// What a file brings in: one-offs, or agreements.
protocol ImportKind {
  associatedtype Draft: ImportDraft
  associatedtype Made

  /// What the ledger says of some rows, in one look: as many verdicts as drafts.
  mutating func judge(_ drafts: [Draft]) throws -> [ImportVerdict]
  /// A new row as it is to be inserted. The ledger is not asked: it is in the midst of a transaction.
  func made(_ draft: Draft, method: PaymentMethodID?) throws -> Made
  /// Inserts all that `next` gives until it gives `nil`, or nothing.
  ///
  /// - Returns: how many were not there.
  func insert(_ next: () throws -> Made?) throws -> Int
}

/// What the ledger says of a row.
enum ImportVerdict {
  case new
  /// It is there, with the same values.
  case existing
  case refused(String)
}

/// An import: its file is read once to check every row, and a second time to insert what is new, all of it or nothing.
///
/// It holds no rows between the two, only a byte for each: whether it is new. What a customer is to be charged with was looked
/// up in the first reading, and is known in the second.
struct FileImport<Kind: ImportKind> {
  /// About so many rows the ledger is asked in one look; a look of its own costs more than a row.
  private static var rowsAtOnce: Int { 500 }

  /// In the order of their lines.
  private(set) var errors: [ImportError] = []
  /// Rows that are not in the ledger yet.
  private(set) var new = 0
  private(set) var existing = 0
  private var kind: Kind
  private var lookup: CustomerLookup
  private let source: ImportSource
  /// Of each good row, in the order of the file.
  private var isNew: [Bool] = []

  init(_ kind: Kind, _ customers: CustomerSource, of source: ImportSource) {
    self.kind = kind
    self.source = source
    lookup = CustomerLookup(customers)
  }

  /// The first reading.
  ///
  /// - Parameter step: called for each row, as soon as it is judged.
  /// - Throws: what has nothing to do with a row: Stripe or the ledger cannot be reached.
  mutating func check(_ step: () -> Void) async throws {
    var file = ImportFile<Kind.Draft>(source.reader())
    while true {
      let drafts = file.next(atMost: Self.rowsAtOnce)
      if drafts.isEmpty { break }
      try await take(drafts, step)
    }
    errors = (file.errors + errors).sorted { $0.line < $1.line }
  }

  private mutating func take(_ drafts: [Kind.Draft], _ step: () -> Void) async throws {
    let verdicts = try kind.judge(drafts)
    var questions: [CustomerLookup.Question] = []
    for (draft, verdict) in zip(drafts, verdicts) {
      switch verdict {
      case .new: questions.append(CustomerLookup.Question(draft))
      case .existing, .refused: step()
      }
    }
    try await lookup.look(up: questions, step)
    for (draft, verdict) in zip(drafts, verdicts) { isNew.append(settle(draft, verdict)) }
  }

  /// - Returns: whether it is to be inserted.
  private mutating func settle(_ draft: Kind.Draft, _ verdict: ImportVerdict) -> Bool {
    switch verdict {
    case .existing:
      existing += 1
      return false
    case .refused(let reason):
      errors.append(ImportError(line: draft.line, message: reason))
      return false
    case .new:
      if case .refused(let reason)? = lookup.method(CustomerLookup.Question(draft)) {
        errors.append(ImportError(line: draft.line, message: reason))
        return false
      }
      new += 1
      return true
    }
  }
}

// MARK: - The second reading

extension FileImport {
  /// Inserts what the first reading found to be new.
  ///
  /// - Parameter step: called for each row that is handed to the ledger.
  /// - Throws: ``CommandFailure`` (65) if the file is not what it was: nothing is inserted then.
  /// - Returns: how many were inserted.
  func insert(_ step: () -> Void) throws -> Int {
    try source.startAgain()
    var file = ImportFile<Kind.Draft>(source.reader())
    var row = 0
    return try kind.insert {
      guard let next = try nextNew(of: &file, &row) else { return nil }
      step()
      return next
    }
  }

  /// The next new row as it is to be inserted. It comes to the end only if the file is what was checked.
  private func nextNew(of file: inout ImportFile<Kind.Draft>, _ row: inout Int) throws -> Kind.Made? {
    while let draft = file.next() {
      guard row < isNew.count else { throw changed }
      row += 1
      guard isNew[row - 1] else { continue }
      guard case .value(let method)? = lookup.method(CustomerLookup.Question(draft)) else { throw changed }
      return try kind.made(draft, method: method)
    }
    guard file.errors.isEmpty, source.isUnchanged else { throw changed }
    return nil
  }

  private var changed: CommandFailure {
    .badInput(
      "nothing was imported: \(source.path) was changed after it was checked; import it again once nobody writes to it")
  }
}

// MARK: - All of it

extension FileImport {
  /// Checks, and inserts if every row is good and more than a check is wanted; with progress on a terminal.
  mutating func run(isCheck: Bool) async throws -> ImportOutcome {
    var checked = Progress("looked up", of: source.rows())
    try await check { checked.step() }
    checked.end()
    var imported = 0
    if errors.isEmpty, !isCheck, new > 0 {
      var written = Progress("written", of: new)
      imported = try insert { written.step() }
      written.end()
    }
    return ImportOutcome(
      file: source.path, isCheck: isCheck, new: new, imported: imported, existing: existing, errors: errors)
  }
}
