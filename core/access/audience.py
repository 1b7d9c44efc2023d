"""Who asks, as far as it decides which listings may be seen."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from core.vocabulary import Channel, Visibility


@dataclass(frozen=True)
class Audience:
    """Who asks, and so what may be seen: listings of one channel that have one of the visibilities, or are one's own.

    Engines and repositories take an audience as an argument of its own and put its filter into every question, the
    counts and facets included; no other argument can widen it.
    """

    channel: Channel
    visibilities: frozenset[Visibility]
    org_id: UUID | None = None

    @classmethod
    def anonymous(cls) -> Audience:
        """A visitor of automart.pk: public listings of that channel."""
        return cls(Channel.AUTOMART, frozenset({Visibility.PUBLIC}))

    @classmethod
    def dealer(cls, org_id: UUID) -> Audience:
        """A dealer on autotrader.pk: what all dealers may see there, and everything of its own."""
        return cls(Channel.AUTOTRADER, frozenset({Visibility.PUBLIC, Visibility.WHOLESALE_PUBLIC}), org_id)
