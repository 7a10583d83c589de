/// Makes inputs by spoiling good ones.
struct Mutation: Sendable {
  /// Good inputs, and what has failed before.
  let corpus: [[UInt8]]
  /// Words of the format, put in beside the hostile ones.
  let words: [[UInt8]]
  /// No input is longer, but for the rare ``giant(_:)``.
  let longest: Int

  init(_ corpus: [String], words: [String] = [], longest: Int = 16 << 10) {
    self.corpus = corpus.map { Array($0.utf8) }
    self.words = words.map { Array($0.utf8) }
    self.longest = longest
  }

  /// One of the corpus, mostly spoiled in a few places, sometimes left as it is, rarely a giant.
  func input(_ dice: inout Dice) -> [UInt8] {
    if dice.once(in: 400) { return giant(&dice) }
    var bytes = dice.pick(corpus)
    if dice.once(in: 20) { return bytes }
    for _ in 0...dice.below(dice.once(in: 5) ? 12 : 3) { spoil(&bytes, &dice) }
    return bytes.count > longest ? Array(bytes.prefix(longest)) : bytes
  }

  private func spoil(_ bytes: inout [UInt8], _ dice: inout Dice) {
    let place = dice.below(bytes.count + 1)
    switch dice.below(12) {
    case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8(dice.below(8))
    case 1 where place < bytes.count: bytes[place] = UInt8(truncatingIfNeeded: dice.next())
    case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + dice.size(upTo: 64)))
    case 3: bytes.removeLast(bytes.count - place)
    case 4: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + dice.size(upTo: 256))], at: place)
    case 5: splice(&bytes, at: place, &dice)
    case 6: replaceNumber(&bytes, from: place, &dice)
    case 7: bytes.insert(contentsOf: repeated(dice.pick(Hostile.bytes), 2 << dice.below(8)), at: place)
    case 8 where !words.isEmpty: bytes.insert(contentsOf: dice.pick(words), at: place)
    case 9: swapParts(&bytes, &dice)
    default: bytes.insert(contentsOf: dice.pick(Hostile.bytes), at: place)
    }
  }

  /// The rest comes from another of the corpus.
  private func splice(_ bytes: inout [UInt8], at place: Int, _ dice: inout Dice) {
    let other = dice.pick(corpus)
    bytes.replaceSubrange(place..., with: other[dice.below(other.count + 1)...])
  }

  private func replaceNumber(_ bytes: inout [UInt8], from place: Int, _ dice: inout Dice) {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let start = bytes[place...].firstIndex(where: digits.contains) else { return }
    let end = bytes[start...].firstIndex { !digits.contains($0) } ?? bytes.endIndex
    let numbers = [
      "0", "-1", "49", "50", "999999999999", "1000000000000", "9223372036854775807", "9223372036854775808", "1e9",
    ]
    bytes.replaceSubrange(start..<end, with: dice.pick(numbers).utf8)
  }

  private func swapParts(_ bytes: inout [UInt8], _ dice: inout Dice) {
    guard bytes.count > 3 else { return }
    let cut = 1 + dice.below(bytes.count - 2)
    bytes = Array(bytes[cut...] + bytes[..<cut])
  }

  /// One thing very often: deep nesting, a very long line.
  private func giant(_ dice: inout Dice) -> [UInt8] {
    let start = dice.pick(corpus)
    let word = dice.once(in: 2) && !words.isEmpty ? dice.pick(words) : dice.pick(Hostile.bytes)
    let count = (longest << dice.below(4)) / max(word.count, 1)
    let place = dice.below(start.count + 1)
    return Array(start[..<place]) + repeated(word, count) + (dice.once(in: 2) ? Array(start[place...]) : [])
  }

  private func repeated(_ word: [UInt8], _ count: Int) -> [UInt8] {
    Array([[UInt8]](repeating: word, count: min(count, (longest << 3) / max(word.count, 1))).joined())
  }
}
