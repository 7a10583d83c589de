import Domain

extension Configuration {
  /// `[store]`: the ledger.
  struct Store: Sendable, Equatable {
    let path: String
    /// A name for the ledger's place, for machines that change theirs.
    let instance: String?

    init(reading table: TableReader) {
      path = table.path("path") ?? FilePlace.resolved("dues.db", in: table.resolver.directory)
      instance = table.text("instance")
      table.finish()
    }
  }

  /// `[operator]`: who is told that something is wrong.
  struct Operator: Sendable, Equatable {
    let alertEmail: String?
    let pingURL: String?

    init(reading table: TableReader) {
      alertEmail = table.value("alert_email", MailAddressText.bare)
      pingURL = table.value("ping_url", WebAddress.parse)
      table.finish()
    }
  }

  /// `[limits]`: beyond them charges are held, not sent.
  struct Limits: Sendable, Equatable {
    let catchUp: Duration
    /// Largest amount of one charge, in minor units; no limit in a currency that is not there.
    let maxCharge: [Currency: Int64]
    /// Largest total of one tick, likewise.
    let maxTickTotal: [Currency: Int64]
    /// Share of declines, in thousandths, at which a tick stops.
    let stopAtDeclinesPerMille: Int?

    init(reading table: TableReader) {
      catchUp = table.duration("catch_up") ?? .days(3)
      maxCharge = table.amounts("max_charge")
      maxTickTotal = table.amounts("max_tick_total")
      stopAtDeclinesPerMille = table.perMille("stop_at_decline_rate")
      table.finish()
    }
  }

  /// `[paths]`: what the operator edits.
  struct Paths: Sendable, Equatable {
    let jobs: String
    let templates: String

    init(reading table: TableReader) {
      jobs = table.path("jobs") ?? FilePlace.resolved("jobs", in: table.resolver.directory)
      templates = table.path("templates") ?? FilePlace.resolved("templates", in: table.resolver.directory)
      table.finish()
    }
  }
}
