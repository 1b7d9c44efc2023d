"""Parts that every request passes before its operation, and every answer after it."""
