extension Duration {
  /// How long a test waits for what certainly comes. Only a test that fails waits so long; a busy machine may well need
  /// half a minute.
  package static let patience = Duration.seconds(120)
}
