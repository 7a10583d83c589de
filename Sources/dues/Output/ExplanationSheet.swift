import Domain
import Engine
import Storage

/// A charge's story as `charge explain` prints it.
struct ExplanationSheet {
  let report: ChargeReport
  let explanation: Explanation

  var lines: [String] {
    let charge = report.charge
    let title = "\(charge.id): \(charge.money) for \(charge.description), \(charge.state.rawValue)"
    let history = explanation.history.flatMap { line in line.text.wrapped(indent: 22, first: "\(line.at)  ") }
    let next = explanation.next.flatMap { $0.wrapped(indent: 2, first: "- ") }
    return title.wrapped(indent: 2) + [""] + history + ["", "What comes next:"] + next
  }
}
