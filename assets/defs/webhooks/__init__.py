"""Assets about the webhooks sent to partners."""
