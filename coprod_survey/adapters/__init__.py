"""The outside world behind the ports: SQLite files, memory, the system's clock and entropy, export files."""
