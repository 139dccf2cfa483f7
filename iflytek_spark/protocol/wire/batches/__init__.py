"""The JSON of the Batch API: files, batches, and the lines of both (PROTOCOL-HTTP.md §9)."""
