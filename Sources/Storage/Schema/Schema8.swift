/// What people look at costs as much as there is to see, not as much as the ledger holds.
enum Schema8 {
  static let sql = """
    -- What stands before a person, by what it is about: asked in every step of a charge.
    CREATE INDEX matters_by_subject ON matters (subject) WHERE cleared_at IS NULL;
    -- `status` counts without reading the charges: here what waits or has ended unpaid. A charge that is paid at once never
    -- comes here.
    CREATE INDEX charges_elsewhere ON charges (state)
      WHERE paid_at IS NULL AND state <> 'scheduled' AND state <> 'attempting' AND state <> 'unresolved';
    """
}
