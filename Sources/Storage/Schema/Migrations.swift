import GRDB

/// The ledger's schema, as migrations: frozen once released, forward only.
///
/// Refuses a database that a newer program has migrated, because it would not know what it means.
enum Migrations {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 the main road") { db in try db.execute(sql: Schema1.sql) }
    migrator.registerMigration("2 every way in") { db in try db.execute(sql: Schema2.sql) }
    migrator.registerMigration("3 money back") { db in try db.execute(sql: Schema3.sql) }
    migrator.registerMigration("4 the fence") { db in try db.execute(sql: Schema4.sql) }
    migrator.registerMigration("5 our own page") { db in try db.execute(sql: Schema5.sql) }
    migrator.registerMigration("6 calendar and foresight") { db in try db.execute(sql: Schema6.sql) }
    migrator.registerMigration("7 ages and zones") { db in try db.execute(sql: Schema7.sql) }
    migrator.registerMigration("8 at a glance") { db in try db.execute(sql: Schema8.sql) }
    migrator.registerMigration("9 unfinished setups") { db in try db.execute(sql: Schema9.sql) }
    return migrator
  }
}
