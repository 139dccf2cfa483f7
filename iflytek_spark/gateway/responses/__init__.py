"""OpenAI's Responses: their requests, responses, events and store."""
