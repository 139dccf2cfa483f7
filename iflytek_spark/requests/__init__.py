"""A call, checked once against its model and put into the form that its dialect takes."""
