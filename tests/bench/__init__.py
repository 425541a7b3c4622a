"""Benchmarks: ``python -m tests.bench``. They print, they never assert; what is the same on every machine is asserted in
tests/kernel/test_figures.py. What is measured and how: docs/performance.md."""
