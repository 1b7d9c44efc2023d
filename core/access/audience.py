"""The audience of a request: the part of the caller's identity that decides which listings are shown."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from core.access.acting import DealersOnlyError, acting_org
from core.access.principal import Principal
from core.vocabulary import Channel, Visibility


@dataclass(frozen=True)
class Audience:
    """A caller, described by the listings it may see: those of one channel with one of the visibilities, or its own.

    `org_id` is the organisation whose own listings are shown whatever their visibility. Engines and repositories take
    an audience as an argument of its own and put its condition into every query, counts and facets included; no other
    argument can widen it.
    """

    channel: Channel
    visibilities: frozenset[Visibility]
    org_id: UUID | None = None

    @classmethod
    def anonymous(cls) -> Audience:
        """Return the audience of a visitor of automart.pk: public listings of that channel."""
        return cls(Channel.AUTOMART, frozenset({Visibility.PUBLIC}))

    @classmethod
    def dealer(cls, org_id: UUID) -> Audience:
        """Return the audience of a dealer on autotrader.pk: what all dealers may see there, and its own listings."""
        return cls(Channel.AUTOTRADER, frozenset({Visibility.PUBLIC, Visibility.WHOLESALE_PUBLIC}), org_id)

    @classmethod
    def of(cls, principal: Principal, channel: Channel, org_code: str | None) -> Audience:
        """Return the audience of a caller that asks for a channel, and for an organisation where it names one.

        Raises:
            DealersOnlyError: autotrader without a membership in a dealer.
            OrgRequiredError, NotAMemberError: see `core.access.acting`.
        """
        if channel is Channel.AUTOTRADER:
            return cls.dealer(acting_org(principal, org_code, kinds=("dealer",), nowhere=DealersOnlyError()))
        if org_code is None:
            return cls.anonymous()
        return cls(channel, frozenset({Visibility.PUBLIC}), acting_org(principal, org_code))
