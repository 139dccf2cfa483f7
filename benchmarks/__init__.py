"""What the library costs, beside what it stands on: ``make bench``."""
