"""Live push: each reader's own events as they happen, and what it missed while it was away."""
