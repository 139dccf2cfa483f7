"""The gateway as a program: how it is started, run and stopped."""
