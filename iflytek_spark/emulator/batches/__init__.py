"""The Batch API of the emulator: files, batches, and what becomes of them."""
