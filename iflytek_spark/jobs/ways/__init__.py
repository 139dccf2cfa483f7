"""How rows are asked: live, by calls of their own, or by the Batch API."""
