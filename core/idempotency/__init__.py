"""Answer a repeated request with the first answer instead of doing it twice."""
