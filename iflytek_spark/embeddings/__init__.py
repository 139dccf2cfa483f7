"""What Spark does over signed POST: embeddings and image generation."""
