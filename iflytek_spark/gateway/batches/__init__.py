"""OpenAI's files and batches over the Batch API of Spark."""
