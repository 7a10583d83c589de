/// A condition that a column holds one of these words, for CHECKs, triggers and partial indexes.
///
/// `IN` with more than two words builds a table of them each time a row is written, which took half of the time of such a
/// write; comparing takes next to nothing.
func oneOf(_ column: String, _ words: String...) -> String {
  "(" + words.map { "\(column) = '\($0)'" }.joined(separator: " OR ") + ")"
}
