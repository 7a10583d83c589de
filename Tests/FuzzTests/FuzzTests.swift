import Foundation
import Testing

/// Throws spoiled input at everything that reads what others have written, each target in a process of its own: a crash
/// is a failure like any other, and memory is the target's alone.
///
/// `make test` throws a few thousand at each, `make torture` a hundred thousand.
@Suite(.serialized) struct FuzzTests {
  @Test(arguments: FuzzTarget.chosen) func `no input does harm`(target: FuzzTarget) async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      [target = target as FuzzTarget] in
      await Fuzz.run(target)
    }
    let said = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self).split(separator: "\n")
      .filter { $0.hasPrefix("FUZZ ") }.map { $0.dropFirst(5) }.joined(separator: "\n")
    print(said)
    if !said.hasPrefix("DONE") {
      let place = InputPlace.path(of: target, parent: getpid())
      Issue.record("\(said.isEmpty ? "\(target.rawValue): the process died; its last input is in \(place)" : said)")
    }
  }

  @Test func `the dice are the same everywhere`() {
    var dice = Dice(seed: 0)
    // The first numbers of SplitMix64 from 0, as its authors publish them.
    #expect(dice.next() == 0xE220_A839_7B1D_CDAF)
    #expect(dice.next() == 0x6E78_9E6A_A1B9_65F4)
    #expect(dice.next() == 0x06C4_5D18_8009_454F)
  }
}
