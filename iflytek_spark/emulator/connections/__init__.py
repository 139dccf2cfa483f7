"""The emulator's end of a connection: its bytes, the two protocols on it, the player of plans."""
