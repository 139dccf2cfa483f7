"""From samples to docs/performance.md and its chart."""
