package import Domain
package import Storage

/// A charge's history in sentences, each decision with its reason, and what comes next: what `charge explain` prints.
package struct Explanation: Sendable, Equatable, Encodable {
  package struct Line: Sendable, Equatable, Encodable {
    /// RFC 3339.
    package let at: String
    package let text: String
  }

  /// What the charge's own report does not say.
  package struct Surroundings: Sendable {
    package var now: Timestamp
    /// Of the agreement it is a period of, if it is one.
    package var agreement: Agreement.State?
    /// The recovering charge that keeps its agreement waiting.
    package var blocker: ChargeID?

    package init(now: Timestamp, agreement: Agreement.State?, blocker: ChargeID?) {
      self.now = now
      self.agreement = agreement
      self.blocker = blocker
    }
  }

  package let history: [Line]
  package let next: [String]

  package init(_ report: ChargeReport, surroundings: Surroundings) {
    history = report.history.map { Line(at: $0.at.description, text: $0.sentence) }
    next = Prospect(report: report, around: surroundings).sentences
  }
}

extension HistoryEntry {
  /// What happened, as a person would tell it.
  package var sentence: String { HappeningSentence(detail: detail).text(of: what) }
}
