"""The event of price bands that partners can subscribe to."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from core.declarations import WebhookEvent
from core.prices.deal_ratings import RATED


@dataclass(frozen=True)
class BandChanged:
    """A listing whose price band was renewed; the band itself is read at the API."""

    listing_id: UUID


CHANGED: Final = WebhookEvent(
    "band.changed",
    "price_band",
    "the price band of a car is renewed",
    BandChanged,
    lambda event: BandChanged(event.subject_id) if event.kind == RATED else None,
    BandChanged(UUID("019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b")),
)
