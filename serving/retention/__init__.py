"""How long the rows of mechanisms are kept that all domains share: repeated requests, rate limits, the outbox."""
