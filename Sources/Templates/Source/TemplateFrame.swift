/// The section tags around a block's text: those belong outside its `<p>`, those between its lines inside.
struct TemplateFrame {
  private let lines: [TemplateText]
  /// For each line that is nothing but tags: the line that closes or opens them, `nil` where that is in another block.
  private let partners: [Int: Int?]
  private(set) var inner: Range<Int>
  private(set) var before: [TemplateTag] = []
  private(set) var after: [TemplateTag] = []

  init(_ lines: [TemplateText]) {
    self.lines = lines
    inner = lines.indices
    partners = Self.partners(of: lines)
  }

  /// Takes tags off from outside as long as whole lines hold nothing else. A pair that encloses the rest is taken off
  /// only with `pairs`: around a list's items it stays, so that there is one list.
  mutating func peel(pairs: Bool) {
    while let first = inner.first, let last = inner.last {
      if let tags = lines[first].structureOnly, partners[first] == .some(nil) {
        before += tags
        inner = first + 1..<inner.upperBound
      } else if let tags = lines[last].structureOnly, partners[last] == .some(nil) {
        after = tags + after
        inner = inner.lowerBound..<last
      } else if pairs, first < last, let opening = lines[first].structureOnly, let closing = lines[last].structureOnly,
        partners[first] == .some(last)
      {
        before += opening
        after = closing + after
        inner = first + 1..<last
      } else {
        return
      }
    }
  }

  private static func partners(of lines: [TemplateText]) -> [Int: Int?] {
    var open: [Int] = []
    var partner: [Int: Int] = [:]
    for (index, line) in lines.enumerated() {
      for case .tag(let tag) in line.pieces {
        switch tag.kind {
        case .section, .inverted: open.append(index)
        case .close:
          guard let opening = open.popLast() else { continue }
          partner[opening] = index
          partner[index] = opening
        case .variable, .raw, .comment, .unsupported: continue
        }
      }
    }
    var partners: [Int: Int?] = [:]
    for (index, line) in lines.enumerated() where line.structureOnly != nil { partners[index] = .some(partner[index]) }
    return partners
  }
}
