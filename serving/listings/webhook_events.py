"""The events of listings that partners can subscribe to."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from core.declarations import WebhookEvent
from core.outbox.events import LISTING, Event
from core.states.listings import LISTING_STATES
from core.vocabulary import ListingStatus

_EXAMPLE_ID: Final = UUID("019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b")


@dataclass(frozen=True)
class ListingMoved:
    """A listing, its price in rupees (null: on request), and the states before (null: it is new) and after."""

    listing_id: UUID
    price_pkr: int | None
    old_state: str | None
    new_state: str


@dataclass(frozen=True)
class ListingPriceChanged:
    """A listing on offer, and its prices in rupees; null: on request."""

    listing_id: UUID
    old_price_pkr: int | None
    new_price_pkr: int | None


def _facts(event: Event) -> tuple[dict[str, Any], dict[str, Any]]:
    return event.payload.get("old") or {}, event.payload.get("new") or {}


def _is_on_offer(facts: dict[str, Any]) -> bool:
    state = facts.get("state")
    return state is not None and LISTING_STATES[ListingStatus(state)].searched


def _moved(event: Event) -> ListingMoved:
    old, new = _facts(event)
    return ListingMoved(event.subject_id, new.get("price_pkr"), old.get("state"), new["state"])


def _published(event: Event) -> ListingMoved | None:
    old, new = _facts(event)
    return _moved(event) if _is_on_offer(new) and not _is_on_offer(old) else None


def _price_changed(event: Event) -> ListingPriceChanged | None:
    old, new = _facts(event)
    if not (_is_on_offer(old) and _is_on_offer(new)) or old.get("price_pkr") == new.get("price_pkr"):
        return None
    return ListingPriceChanged(event.subject_id, old.get("price_pkr"), new.get("price_pkr"))


def _became(event: Event, state: ListingStatus) -> ListingMoved | None:
    old, new = _facts(event)
    return _moved(event) if new.get("state") == state and old.get("state") != state else None


def _withdrawn(event: Event) -> ListingMoved | None:
    old, new = _facts(event)
    gone = new and _is_on_offer(old) and not _is_on_offer(new) and new["state"] != ListingStatus.SOLD
    return _moved(event) if gone else None


_MOVED: Final = ListingMoved(_EXAMPLE_ID, 4_500_000, "live", "sold")
PUBLISHED: Final = WebhookEvent(
    "listing.published",
    LISTING,
    "a car comes on offer, for the first time or again",
    ListingMoved,
    _published,
    ListingMoved(_EXAMPLE_ID, 4_500_000, None, "live"),
)
PRICE_CHANGED: Final = WebhookEvent(
    "listing.price_changed",
    LISTING,
    "the price of a car on offer changes",
    ListingPriceChanged,
    _price_changed,
    ListingPriceChanged(_EXAMPLE_ID, 4_600_000, 4_500_000),
)
RESERVED: Final = WebhookEvent(
    "listing.reserved",
    LISTING,
    "a car on offer is reserved for somebody",
    ListingMoved,
    lambda event: _became(event, ListingStatus.RESERVED),
    ListingMoved(_EXAMPLE_ID, 4_500_000, "live", "reserved"),
)
SOLD: Final = WebhookEvent(
    "listing.sold", LISTING, "a car is sold", ListingMoved, lambda event: _became(event, ListingStatus.SOLD), _MOVED
)
WITHDRAWN: Final = WebhookEvent(
    "listing.withdrawn",
    LISTING,
    "a car goes off the market unsold: withdrawn, expired, rejected, or in review again",
    ListingMoved,
    _withdrawn,
    ListingMoved(_EXAMPLE_ID, 4_500_000, "live", "withdrawn"),
)
LISTING_WEBHOOKS: Final = (PUBLISHED, PRICE_CHANGED, RESERVED, SOLD, WITHDRAWN)
