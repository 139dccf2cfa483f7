"""What the emulator gives and looks at besides text: vectors, and image files."""
