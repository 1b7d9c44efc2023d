"""Declare the consumers of moderation: the marking of dealers' cars, and the look at photos that ads are given."""

from typing import Final

from core.outbox.consumers import Consumer

PHOTOS: Final = Consumer("moderation.photos", ("photo",))
MARKING: Final = Consumer("moderation.mark", ("listing", "price_band"))
