"""A coverage-guided fuzzer of everything that reads bytes from outside; run ``python -m fuzz``."""
