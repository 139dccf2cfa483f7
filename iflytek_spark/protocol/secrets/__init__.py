"""What a call must not let out, and the one place that takes it out of foreign text."""
