"""The sockets under the protocol, and the double that stands in for them in tests."""
