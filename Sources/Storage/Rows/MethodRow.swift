import Domain
import Foundation
import GRDB

extension PaymentMethod {
  init(row: Row) {
    self.init(
      id: PaymentMethodID(row["id"]), customer: (row["customer"] as String?).map { CustomerID($0) }, type: row["type"],
      brand: row["brand"], last4: row["last4"], expiryMonth: row["expiry_month"], expiryYear: row["expiry_year"],
      fingerprint: row["fingerprint"], mandate: row["mandate"])
  }
}

extension Customer {
  init(row: Row) throws {
    self.init(
      id: CustomerID(row["id"]), email: row["email"], name: row["name"],
      locales: try JSONDecoder().decode([String].self, from: Data((row["locales"] as String).utf8)),
      isDeleted: row["is_deleted"])
  }
}

extension Agreement {
  init(row: Row) throws {
    self.init(
      id: AgreementID(row["id"]), state: try row.named("state"), customer: CustomerID(row["customer"]), job: row["job"],
      money: try row.money(), description: row["description"],
      statementDescriptorSuffix: row["statement_descriptor_suffix"],
      schedule: try row.schedule(), start: try (row["start"] as String?).map { try CivilDate(parsing: $0) },
      newAnchor: try (row["new_anchor"] as String?).map { try CivilDate(parsing: $0) },
      earlierPeriods: row["earlier_periods"], nextIndex: row["next_index"],
      skipped: try StoredPeriods.read(row["skipped"]),
      change: try (row["change"] as String?).map { try StoredChange.read($0) },
      paymentMethod: (row["payment_method"] as String?).map { PaymentMethodID($0) }, key: row["key"],
      consent: row["consent"], createdAt: row.time("created_at"))
  }
}

extension Row {
  /// Of an agreement, or of the terms of a setup.
  func schedule() throws -> Schedule {
    Schedule(
      every: try Interval(parsing: self["every"]), at: try LocalTime(parsing: self["at"]),
      zone: try ScheduleZone(identifier: self["time_zone"]),
      end: (self["ends"] as String?).flatMap { ScheduleEnd(parsing: $0) })
  }
}
