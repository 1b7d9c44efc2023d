"""Declare the queue of webhooks and the notices about them as consumers of the outbox."""

from typing import Final

from core.outbox.consumers import Consumer

QUEUE: Final = Consumer("webhooks.queue", ("listing", "price_band", "lead", "deposit", "feed", "webhook"))
NOTICES: Final = Consumer("webhooks.notices", ("webhook",))
