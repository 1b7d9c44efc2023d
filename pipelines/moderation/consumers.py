"""Declare the marking of dealers' cars as a consumer of the outbox."""

from typing import Final

from core.outbox.consumers import Consumer

MARKING: Final = Consumer("moderation.mark", ("listing", "price_band"))
