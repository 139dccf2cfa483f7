"""The files of a job: rows are read, looked at, and written."""
