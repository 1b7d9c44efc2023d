"""Declare the queue of webhooks as a consumer of the outbox."""

from typing import Final

from core.outbox.consumers import Consumer

QUEUE: Final = Consumer("webhooks.queue", ("listing", "price_band", "lead", "deposit", "feed"))
