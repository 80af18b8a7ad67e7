"""Sealing, keys and codes: only published primitives, no Flask, no SQL, no home-made cipher."""
