import Foundation

/// An sRGB color, such as the merchant's.
package struct Color: Sendable, Hashable, CustomStringConvertible {
  package let red: UInt8
  package let green: UInt8
  package let blue: UInt8

  package init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// Reads `#0b57d0` or `#05d`; `nil` for anything else.
  package init?(hex: String) {
    guard hex.first == "#" else { return nil }
    let digits = hex.dropFirst().compactMap(\.hexDigitValue)
    guard digits.count == hex.count - 1 else { return nil }
    switch digits.count {
    case 3: self.init(red: UInt8(digits[0] * 17), green: UInt8(digits[1] * 17), blue: UInt8(digits[2] * 17))
    case 6:
      self.init(
        red: UInt8(digits[0] * 16 + digits[1]), green: UInt8(digits[2] * 16 + digits[3]),
        blue: UInt8(digits[4] * 16 + digits[5]))
    default: return nil
    }
  }

  package var description: String {
    "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  package static let white = Color(red: 255, green: 255, blue: 255)
  /// The button's color where the merchant has named none.
  package static let standardButton = Color(red: 0x0B, green: 0x57, blue: 0xD0)
}

extension Color {
  /// From 1 to 21 (WCAG 2.2, "contrast ratio").
  package func contrast(with other: Color) -> Double {
    let (a, b) = (luminance, other.luminance)
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
  }

  /// This color if white text on it has a contrast of 4.5, else the same hue darkened just until it has.
  package var underWhiteText: Color {
    for percent in stride(from: 100, through: 0, by: -1) {
      let darker = scaled(percent: percent)
      if darker.contrast(with: .white) >= 4.5 { return darker }
    }
    return Color(red: 0, green: 0, blue: 0)
  }

  private func scaled(percent: Int) -> Color {
    func scale(_ channel: UInt8) -> UInt8 { UInt8(Int(channel) * percent / 100) }
    return Color(red: scale(red), green: scale(green), blue: scale(blue))
  }

  private var luminance: Double {
    func linear(_ channel: UInt8) -> Double {
      let value = Double(channel) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }
}
