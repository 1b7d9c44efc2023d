"""The OpenAPI document, and the problems that operations state in it."""
