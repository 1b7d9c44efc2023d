"""Import the files that wait, many in a run and small ones together."""
