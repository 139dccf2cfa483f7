"""What the gateway's operator can read and change over HTTP, with a key of the operator's own."""
