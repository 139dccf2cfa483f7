"""OpenAI's shapes: requests, responses, errors, names of models, and how they become Spark's."""
