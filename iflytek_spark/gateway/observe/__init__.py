"""What operators see of the gateway: access log, metrics and health."""
