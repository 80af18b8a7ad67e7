"""Disclosure control: pure arithmetic that turns responses into figures nobody can turn back into people.

plan (what was declared) → merging (groups) → tally (exact cells) → rounding → statistics → tables (a release) →
publication (the file). Standard library only; no clock, no randomness, no storage: the same input gives the same bytes.
"""
