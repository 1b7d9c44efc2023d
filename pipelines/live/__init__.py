"""Live streams: one reader of the outbox numbers the events of each organisation and person."""
