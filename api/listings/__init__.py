"""Finding cars and reading about one."""
