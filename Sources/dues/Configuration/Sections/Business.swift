import Domain
import Foundation

extension Configuration {
  /// `[business]`: who charges, as customers know them.
  struct Business: Sendable, Equatable {
    let name: String?
    let supportEmail: String?
    let website: String?
    /// `#rgb` or `#rrggbb`.
    let color: String?
    /// The address of a picture.
    let logo: String?
    /// Of jobs that name none.
    let zone: ScheduleZone
    /// A language tag such as `en` or `pt-BR`, used where the customer's is not known.
    let locale: String
    /// Of jobs that name none.
    let currency: Currency

    init(reading table: TableReader) {
      name = table.text("name")
      supportEmail = table.value("support_email", MailAddressText.bare)
      website = table.value("website", WebAddress.parse)
      color = table.value("color", Self.parseColor)
      logo = table.value("logo", WebAddress.parse)
      zone = table.zone("time_zone") ?? Self.utc
      locale = table.value("locale", Self.parseLocale) ?? "en"
      currency = table.currency("currency") ?? .usd
      table.finish()
    }

    private static let utc: ScheduleZone = {
      do throws(ScheduleZoneError) {
        return try ScheduleZone(identifier: "UTC")
      } catch {
        preconditionFailure("Foundation does not know UTC")
      }
    }()

    private static func parseColor(_ text: String) throws(ValueProblem) -> String {
      let digits = text.dropFirst()
      let areHex = digits.allSatisfy { $0.isASCII && $0.isHexDigit }
      guard text.hasPrefix("#"), [3, 6].contains(digits.count), areHex else {
        throw ValueProblem("is not a color", "write \"#1d4ed8\"")
      }
      return text
    }

    private static func parseLocale(_ text: String) throws(ValueProblem) -> String {
      let parts = text.split(separator: "-", omittingEmptySubsequences: false)
      let isWellFormed = parts.allSatisfy { part in
        (2...8).contains(part.count) && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
      }
      guard isWellFormed, let language = parts.first, language.count <= 3, language.allSatisfy(\.isLowercase) else {
        throw ValueProblem("is not a language tag", "write \"en\", \"de\" or \"pt-BR\"")
      }
      return text
    }
  }
}

extension TableReader {
  func currency(_ key: String) -> Currency? {
    value(key) { text throws(ValueProblem) in
      do throws(CurrencyError) { return try Currency(code: text) } catch { throw ValueProblem(sentence: error) }
    }
  }

  func zone(_ key: String) -> ScheduleZone? {
    value(key) { text throws(ValueProblem) in
      do throws(ScheduleZoneError) {
        return try ScheduleZone(identifier: text)
      } catch {
        throw ValueProblem(sentence: error)
      }
    }
  }
}
