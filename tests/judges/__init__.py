"""Programs of other people that use this package as it is; `make judges` runs them."""
