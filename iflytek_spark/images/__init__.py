"""Images for image understanding: fetched, checked, brought into the form that Spark takes."""
