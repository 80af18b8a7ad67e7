"""Benchmarks and replays that drive the product from outside; nothing here ships with it."""
