import HTTPTypes

extension HTTPFields {
  /// What every answer carries: a page with somebody's debt is not kept, framed, sniffed, or told about elsewhere.
  static func pageSecurity(policy: String) -> HTTPFields {
    var fields = HTTPFields()
    fields[.contentSecurityPolicy] = policy
    fields[.cacheControl] = "no-store"
    fields[.xContentTypeOptions] = "nosniff"
    if let referrer = HTTPField.Name("Referrer-Policy") { fields[referrer] = "no-referrer" }
    if let frames = HTTPField.Name("X-Frame-Options") { fields[frames] = "DENY" }
    return fields
  }
}
