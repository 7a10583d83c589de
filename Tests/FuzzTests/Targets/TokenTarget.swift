import Domain
import Foundation
import Templates

/// No path matches but those that we print, each in its one spelling.
enum TokenTarget {
  static func isSigned() throws -> FuzzTarget.Judge {
    guard let secret = LinkSecret("the secret of the fuzz, long enough"),
      let other = LinkSecret("another secret, long enough")
    else { throw Wrong("a bad test secret") }
    let links = Links(publicURL: "https://pay.example.com/billing", secret: secret)
    let foreign = Links(publicURL: "https://pay.example.com/billing", secret: other)
    let known = Self.known
    let good = known.map(links.path)
    let mutation = Mutation(
      good + good.map { String($0.dropFirst("/billing".count)) } + known.map(foreign.path),
      words: ["/r/", "/s/", "/pay", "/confirm", "/billing", "=", "==", "-", "_", "A", "//", "/done", "%2F"],
      longest: 2 << 10)
    return { input in
      let bytes = input.mutated(mutation)
      let path = String(decoding: bytes, as: UTF8.self)
      guard let link = links.match(path: path) else {
        try require(!good.contains { $0.isExactly(path) }, "a good path is not matched")
        return
      }
      input.isGood = true
      try require(known.contains(link), "matched \(link)")
      let spelling = links.path(link)
      try require(
        path.isExactly(spelling) || "/billing\(path)".isExactly(spelling), "\(link) is spelled otherwise: \(spelling)")
    }
  }

  private static let known: [Link] =
    (0..<20).flatMap { number -> [Link] in
      let packed = ChargeID("chg_" + String(repeating: "0123456789abcdef"[digit: number], count: 24))
      return [
        .recovery(packed), .pay(packed), .confirm(packed), .recovery(ChargeID("chg_demo\(number)")),
        .setup(SetupLink(customer: CustomerID("cus_\(number)"), job: nil)),
        .setup(SetupLink(customer: CustomerID("cus_\(number)"), job: "gold")),
      ]
    } + [.done, .webhook, .healthz, .metrics]
}

extension String {
  /// The digit at a place, counted round.
  fileprivate subscript(digit place: Int) -> String { String(self[index(startIndex, offsetBy: place % count)]) }
}
