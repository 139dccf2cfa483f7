"""What stands on the wire: the JSON keys, signatures and codes, both halves of each."""
