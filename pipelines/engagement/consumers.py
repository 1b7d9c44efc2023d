"""Declare the follower that puts what the platform itself did into the stream of events."""

from core.outbox.consumers import Consumer

SERVER_TRUTH = Consumer("engagement", ("listing", "lead", "deposit"))
