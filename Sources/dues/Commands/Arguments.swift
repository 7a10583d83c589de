import ArgumentParser
import Domain

extension ChargeState: ExpressibleByArgument {}
extension Agreement.State: ExpressibleByArgument {}

/// A point in time as a person types it: RFC 3339, or a date, which is its midnight in the business's zone.
enum Moment: ExpressibleByArgument, Equatable {
  case time(Timestamp)
  case date(CivilDate)

  init?(argument: String) {
    if let date = CivilDate(argument: argument) {
      self = .date(date)
    } else if let time = Timestamp(argument: argument) {
      self = .time(time)
    } else {
      return nil
    }
  }

  func timestamp(in zone: ScheduleZone) -> Timestamp {
    switch self {
    case .time(let time): time
    case .date(let date): Schedule(every: Interval(count: 1, unit: .day), at: .midnight, zone: zone).instant(of: date)
    }
  }
}

extension CivilDate: ExpressibleByArgument {
  package init?(argument: String) {
    do {
      try self.init(parsing: argument)
    } catch {
      return nil
    }
  }
}

extension Timestamp: ExpressibleByArgument {
  package init?(argument: String) { self.init(rfc3339: argument) }
}

extension LocalTime {
  fileprivate static let midnight: LocalTime = {
    guard let time = LocalTime(hour: 0, minute: 0) else { preconditionFailure("no clock shows 00:00") }
    return time
  }()
}

/// Ids as they are typed. A mistyped one is bad input (65) and never becomes part of a request.
enum TypedID {
  static func customer(_ text: String) throws(CommandFailure) -> CustomerID {
    CustomerID(try checked(text, ["cus_"], "a customer's id", "copy it from the customer's page in Stripe's dashboard"))
  }

  /// Cards that were saved long ago have ids of their own kind.
  static func method(_ text: String) throws(CommandFailure) -> PaymentMethodID {
    PaymentMethodID(
      try checked(
        text, ["pm_", "card_", "src_"], "a payment method's id", "leave it out to take the customer's default"))
  }

  static func session(_ text: String) throws(CommandFailure) -> CheckoutSessionID {
    CheckoutSessionID(
      try checked(text, ["cs_"], "a Checkout Session's id", "copy it from the session in Stripe's dashboard"))
  }

  static func charge(_ text: String) throws(CommandFailure) -> ChargeID {
    ChargeID(try checked(text, ["chg_"], "a charge's id", "`dues charge list` has them"))
  }

  static func intent(_ text: String) throws(CommandFailure) -> PaymentIntentID {
    PaymentIntentID(
      try checked(text, ["pi_"], "a payment's id", "`dues charge explain` names the payments of a charge"))
  }

  static func agreement(_ text: String) throws(CommandFailure) -> AgreementID {
    AgreementID(try checked(text, ["agr_"], "an agreement's id", "`dues agreement list` has them"))
  }

  private static func checked(
    _ text: String, _ prefixes: [String], _ what: String, _ remedy: String
  ) throws(CommandFailure) -> String {
    // By bytes: a file of a hundred thousand rows has two hundred thousand ids.
    let isWord =
      text.utf8.count <= 255
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
    guard isWord, prefixes.contains(where: { text.hasPrefix($0) && text.utf8.count > $0.utf8.count }) else {
      throw .badInput("\"\(text)\" is not \(what): those begin with \(prefixes[0]); \(remedy)")
    }
    return text
  }
}
