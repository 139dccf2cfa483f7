"""The bodies of Spark over HTTP, in OpenAI's form and near it (PROTOCOL-HTTP.md)."""
