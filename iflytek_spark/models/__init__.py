"""What the library knows of models and services, as data."""
