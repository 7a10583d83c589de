import Foundation

/// How much of the machine a command takes from others.
enum ProcessPriority {
  /// Behind what somebody waits for: pages and webhooks of `dues serve` come first when both want a processor. Alone on the
  /// machine a command is as fast as ever.
  ///
  /// On Linux this is a thread's own, and handed down to the threads that it starts: called before there are any others.
  static func giveWay() { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5) }
}
