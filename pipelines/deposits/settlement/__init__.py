"""Settlement files of providers, compared with the platform's own payments and refunds."""
