/// Prometheus' text format, version 0.0.4.
struct MetricsText {
  enum Kind: String { case gauge, counter }

  private(set) var text = ""
  private var name = ""

  /// Begins a metric; the values that follow are its samples.
  mutating func add(_ name: String, _ kind: Kind, _ help: String) {
    self.name = name
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  /// - Parameter labels: our own words only; nothing is escaped.
  mutating func value(_ value: Int, _ labels: KeyValuePairs<String, String> = [:]) {
    let pairs = labels.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",")
    text += pairs.isEmpty ? "\(name) \(value)\n" : "\(name){\(pairs)} \(value)\n"
  }
}
