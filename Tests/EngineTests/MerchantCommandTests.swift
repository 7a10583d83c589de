import Foundation
import Testing

@testable import Engine

@Suite struct MerchantCommandTests {
  /// As the program does at its start: a pipe that breaks is an error, and no end.
  init() { signal(SIGPIPE, SIG_IGN) }

  @Test(arguments: [
    (["/bin/sh", "-c", "cat > /dev/null"], nil as String?),
    (["/bin/sh", "-c", "exit 3"], "ended with 3"),
    (["true"], nil),
    (["/nowhere/at-all"], "could not be started"),
    ([], "is empty"),
  ])
  func `a program is told, and its exit status is its answer`(words: [String], reason: String?) async {
    do {
      try await MerchantCommand(words: words).run(Data("{}".utf8))
      #expect(reason == nil)
    } catch {
      #expect(error.reason.contains(reason ?? "(no error)"), "\(error)")
    }
  }

  @Test(arguments: [16, 1 << 20])
  func `one that hangs is killed, however much it has not read`(bytes: Int) async {
    let error = await #expect(throws: DeliveryError.self) {
      try await MerchantCommand(words: ["/bin/sleep", "60"], limit: .milliseconds(200)).run(Data(count: bytes))
    }
    #expect(error?.reason.contains("was killed") == true)
  }
}
