// Which currencies there are, how many decimals each has, and how little Stripe takes in it. Everything here is data.
//
// - The codes are the presentment currencies that Stripe documents (docs.stripe.com/currencies).
// - A zero-decimal currency is charged in whole units: 500 jpy is ¥500.
// - isk and ugx have no decimals in life, but are sent to Stripe with two, which must be 00: 50000 isk is kr 500.
// - A three-decimal currency is charged in thousandths, whose last digit must be 0: 1230 kwd is 1.230 dinar.
// - The minimum is Stripe's for an account that settles in the same currency. An account that settles in another one
//   may be refused a little more; Stripe says so with `amount_too_small`, and the charge is held.

/// A currency that Stripe charges in, by its ISO 4217 code.
package struct Currency: Sendable, Hashable, CustomStringConvertible {
  /// Lower case, as at Stripe: `usd`.
  package let code: String

  /// Takes a lower-case code from the table of currencies; anything else is refused with what to write instead.
  package init(code: String) throws(CurrencyError) {
    guard Self.table.contains(code) else {
      let lowercase = code.lowercased()
      throw Self.table.contains(lowercase) ? .notLowercase(code) : .unknown(code)
    }
    self.code = code
  }

  private init(listed code: String) { self.code = code }

  package var description: String { code }

  package static let eur = Currency(listed: "eur")
  package static let gbp = Currency(listed: "gbp")
  package static let jpy = Currency(listed: "jpy")
  package static let usd = Currency(listed: "usd")

  /// Every currency, by code.
  package static let all: [Currency] = table.sorted().map(Currency.init(listed:))
}

extension Currency {
  /// How many decimals an amount sent to Stripe has: 2 for usd, isk and ugx, 0 for jpy, 3 for kwd.
  package var fractionDigits: Int {
    if Self.zeroDecimal.contains(code) { return 0 }
    if Self.threeDecimal.contains(code) { return 3 }
    return 2
  }

  /// What an amount in minor units must be a multiple of: 1, 10 for three-decimal currencies, 100 for isk and ugx.
  package var smallestStep: Int64 {
    if Self.wholeUnitsOnly.contains(code) { return 100 }
    if Self.threeDecimal.contains(code) { return 10 }
    return 1
  }

  /// The least that Stripe charges, in minor units; `nil` where Stripe names none.
  package var minimumAmount: Int64? { Self.minimums[code] }
}

extension Currency: Codable {
  package init(from decoder: any Decoder) throws {
    try self.init(code: decoder.singleValueContainer().decode(String.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(code)
  }
}

/// Why a text is not a currency.
package enum CurrencyError: Error, Hashable, CustomStringConvertible {
  case notLowercase(String)
  case unknown(String)

  package var description: String {
    switch self {
    case .notLowercase(let code):
      "currency \"\(code)\" is not lower case; write \"\(code.lowercased())\""
    case .unknown(let code):
      "\"\(code)\" is not a currency that Stripe charges in; write a lower-case ISO 4217 code such as \"usd\""
    }
  }
}

extension Currency {
  private static let table: Set<String> = [
    "aed", "afn", "all", "amd", "ang", "aoa", "ars", "aud", "awg", "azn",
    "bam", "bbd", "bdt", "bgn", "bhd", "bif", "bmd", "bnd", "bob", "brl", "bsd", "bwp", "byn", "bzd",
    "cad", "cdf", "chf", "clp", "cny", "cop", "crc", "cve", "czk",
    "djf", "dkk", "dop", "dzd",
    "egp", "etb", "eur",
    "fjd", "fkp",
    "gbp", "gel", "gip", "gmd", "gnf", "gtq", "gyd",
    "hkd", "hnl", "htg", "huf",
    "idr", "ils", "inr", "isk",
    "jmd", "jod", "jpy",
    "kes", "kgs", "khr", "kmf", "krw", "kwd", "kyd", "kzt",
    "lak", "lbp", "lkr", "lrd", "lsl",
    "mad", "mdl", "mga", "mkd", "mmk", "mnt", "mop", "mur", "mvr", "mwk", "mxn", "myr", "mzn",
    "nad", "ngn", "nio", "nok", "npr", "nzd",
    "omr",
    "pab", "pen", "pgk", "php", "pkr", "pln", "pyg",
    "qar",
    "ron", "rsd", "rub", "rwf",
    "sar", "sbd", "scr", "sek", "sgd", "shp", "sle", "sos", "srd", "std", "szl",
    "thb", "tjs", "tnd", "top", "try", "ttd", "twd", "tzs",
    "uah", "ugx", "usd", "uyu", "uzs",
    "vnd", "vuv",
    "wst",
    "xaf", "xcd", "xcg", "xof", "xpf",
    "yer",
    "zar", "zmw",
  ]

  private static let zeroDecimal: Set<String> = [
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf",
  ]

  private static let threeDecimal: Set<String> = ["bhd", "jod", "kwd", "omr", "tnd"]

  private static let wholeUnitsOnly: Set<String> = ["isk", "ugx"]

  /// In minor units: 1500 czk is 15 koruna, 50 jpy is ¥50.
  private static let minimums: [String: Int64] = [
    "aed": 200, "ars": 50, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "cop": 50, "czk": 1500, "dkk": 250, "eur": 50,
    "gbp": 30, "hkd": 400, "huf": 17500, "idr": 50, "ils": 50, "inr": 50, "jpy": 50, "krw": 50, "mxn": 1000,
    "myr": 200, "nok": 300, "nzd": 50, "php": 50, "pln": 200, "ron": 200, "rub": 50, "sek": 300, "sgd": 50,
    "thb": 1000, "usd": 50, "zar": 50,
  ]
}
