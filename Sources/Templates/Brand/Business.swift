package import Foundation

/// Who asks: the merchant as every mail and page shows it.
package struct Business: Sendable, Hashable {
  package let name: String
  package let supportEmail: String
  /// The button's color; darkened where white text on it could not be read.
  package let color: Color?
  /// An image on `https`, shown on pages only. Nothing depends on it.
  package let logo: URL?

  package init(name: String, supportEmail: String, color: Color?, logo: URL?) {
    self.name = name
    self.supportEmail = supportEmail
    self.color = color
    self.logo = logo
  }

  var buttonColor: Color { (color ?? .standardButton).underWhiteText }

  /// What a template sees as `business`.
  var templateValues: [String: Any] {
    var values = ["name": name.singleLine, "support_email": supportEmail.singleLine]
    values["logo"] = logo?.absoluteString
    return values
  }
}
