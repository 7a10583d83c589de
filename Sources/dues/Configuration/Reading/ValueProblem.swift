/// What is wrong with one value, before anybody knows where it stands.
struct ValueProblem: Error, Sendable, Equatable {
  /// Continues a sentence that begins with the value: `is not a duration`.
  var problem: String
  var remedy: String
  /// Whether `problem` is a whole sentence that already quotes the value.
  var quotesValue: Bool

  init(_ problem: String, _ remedy: String) {
    self.problem = problem
    self.remedy = remedy
    quotesValue = false
  }

  /// From the sentence of an error of Domain: `"USD" is not …; write "usd"`.
  init(sentence error: some CustomStringConvertible) {
    let sentence = error.description
    // The last one: the value that is quoted may hold the same.
    let end = sentence.ranges(of: "; ").last
    problem = end.map { String(sentence[..<$0.lowerBound]) } ?? sentence
    remedy = end.map { String(sentence[$0.upperBound...]) } ?? "write another"
    quotesValue = true
  }
}
