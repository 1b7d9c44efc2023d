"""Find the counters of a call: a pure function of the rule and the caller.

A rule's number is that of one device or one user. Behind one address of a mobile carrier stand thousands of people, so
an address is given a multiple of it; the calls from there without a signed device id share a smaller one.
"""

from dataclasses import dataclass
from typing import Final

from core.declarations import RateLimit

DEVICES_BEHIND_AN_ADDRESS: Final = 150
UNSIGNED_BEHIND_AN_ADDRESS: Final = 30
"""With 20 calls in 10 minutes: 600, so that 500 people of one carrier log in with browsers that send no device id."""
EXACT_UP_TO: Final = 20
"""Up to this number every call is kept with its time. Above it two counters stand for the calls: they are exact in a
window that follows a quiet one; after a burst at a window's end up to twice the number may pass in that time."""


@dataclass(frozen=True)
class CallOrigin:
    """The origin of a call. `device` is that of a verified id; `address` is counted as it stands."""

    address: str
    device: str | None = None
    user: str | None = None
    org: str | None = None


@dataclass(frozen=True)
class Counter:
    """A limit of `calls` in `seconds`, under a key."""

    key: str
    calls: int
    seconds: int

    @property
    def is_exact(self) -> bool:
        """Whether the time of every call is kept, so that the count is exact."""
        return self.calls <= EXACT_UP_TO


def counters_of(rule: RateLimit, origin: CallOrigin) -> tuple[Counter, ...]:
    """Return the counters of a call, the narrowest first; a call passes when it passes all of them."""
    counters = [
        Counter(f"{name}:{value}", rule.calls, rule.seconds)
        for name, value in (("user", origin.user), ("device", origin.device), ("org", origin.org))
        if name in rule.per and value is not None
    ]
    if "address" in rule.per:
        if "device" in rule.per and origin.device is None:
            share = UNSIGNED_BEHIND_AN_ADDRESS
            counters.append(Counter(f"unsigned:{origin.address}", rule.calls * share, rule.seconds))
        share = DEVICES_BEHIND_AN_ADDRESS if len(rule.per) > 1 else 1
        counters.append(Counter(f"address:{origin.address}", rule.calls * share, rule.seconds))
    return tuple(counters)


@dataclass(frozen=True)
class Decision:
    """The answer of a limit: of the counter that is the nearest to its end.

    `reset` is the number of seconds until at least one more call is free there; `retry_after` is None where the call
    may go on.
    """

    limit: int
    remaining: int
    reset: int
    window: int
    retry_after: int | None = None

    @property
    def is_refused(self) -> bool:
        """Whether the call is refused."""
        return self.retry_after is not None
