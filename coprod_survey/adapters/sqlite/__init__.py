"""SQLite stores: one module and one database file per store; none knows another."""
