"""Begin a live connection, read what it missed, and go on with what is new."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar
from uuid import UUID

from core.access.acting import acting_org
from core.access.principal import Principal
from core.access.tenant import Step, platform_step
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from serving.identity.logins.authentication import VerifiedBearer, find_principal, find_principals
from serving.live.hub import LiveHub
from serving.live.position import ME, read_position
from serving.live.rows import Row, can_go_on, heads, rows_after
from serving.live.subscription import RESYNC, Message, Subscription, told

_PAGE: Final = 200
T = TypeVar("T")


class Threads(Protocol):
    """Runs blocking calls for an event loop."""

    async def run(self, call: Callable[[], T]) -> T:
        """Run one."""


@dataclass(frozen=True)
class Wanted:
    """A client's request: the organisation that it acts for, and the position to continue from."""

    org: str | None = None
    after: str = ""


def begin(sessions: SessionFactory, bearer: VerifiedBearer, wanted: Wanted) -> Subscription:
    """Look the caller up and place it in its streams: after what it has seen, or at their ends.

    Raises:
        UnauthenticatedError, BlockedError, NotAMemberError, OrgRequiredError, BadPositionError: as they say.
    """
    with transaction(sessions) as session:
        principal = find_principal(session, bearer, utc_now())
        org = _org(principal, wanted.org)
        streams = _streams(principal, org)
        with platform_step(session, Step.LIVE):
            ends = heads(session, streams.values())
            given = _given(streams, wanted.after)
            now = utc_now()
            resync = not all(can_go_on(session, each, number, ends[each], now) for each, number in given.items())
        # Once more, now that it is known how far the streams go: everything up to there was committed before this look.
        again = find_principal(session, bearer, utc_now())
    found = Subscription(bearer, again, org, dict(ends) if resync else {**ends, **given}, dict(ends), resync)
    found.judge(principal, utc_now())
    return found


def _org(principal: Principal, code: str | None) -> tuple[str, UUID] | None:
    codes = sorted({held.org_code for held in principal.memberships})
    if principal.service_account is not None:
        codes.append(principal.service_account.org_code)
    if code is None and not codes:
        return None
    org_id = acting_org(principal, code)
    return (code if code is not None else codes[0]), org_id


def _streams(principal: Principal, org: tuple[str, UUID] | None) -> dict[str, UUID]:
    streams = {} if org is None else {org[0]: org[1]}
    return streams if principal.user_id is None else {**streams, ME: principal.user_id}


def _given(streams: Mapping[str, UUID], after: str) -> dict[UUID, int]:
    """Return the numbers that a position names; streams that it does not name, or no longer the caller's, are left."""
    return {streams[name]: number for name, number in read_position(after).items() if name in streams}


@dataclass(frozen=True)
class Flow:
    """The means by which messages flow to one connection."""

    hub: LiveHub
    sessions: SessionFactory
    threads: Threads
    heartbeat_seconds: float


async def messages(flow: Flow, subscription: Subscription, until: float | None = None) -> AsyncGenerator[Message, None]:
    """Give what is sent: `ready`, what was missed, what happens, heartbeats; it ends at a time of the event loop.

    Raises:
        AutomartError: why the connection ends: the token's or the session's end, or other rights.
    """
    subscription.loop = asyncio.get_running_loop()
    flow.hub.add(subscription)
    try:
        if subscription.resync:
            yield told("resync", subscription.position, detail=RESYNC)
        yield told("ready", subscription.position, heartbeat_seconds=flow.heartbeat_seconds)
        while True:
            subscription.news.clear()
            async for message in _waiting(flow, subscription):
                yield message
            if subscription.ended is not None:
                raise subscription.ended
            if not await _news(flow, subscription, until):
                if until is not None and asyncio.get_running_loop().time() >= until:
                    return
                yield told("heartbeat", subscription.position)
    finally:
        flow.hub.remove(subscription)


async def _waiting(flow: Flow, subscription: Subscription) -> AsyncGenerator[Message, None]:
    """Give everything that was checked and not sent yet, in the order of each stream."""
    while subscription.behind:
        rows = flow.hub.kept_rows(subscription)
        if rows is None:
            rows = await flow.threads.run(lambda: _page(flow.sessions, subscription))
        for row in rows:
            if subscription.ended is not None:
                raise subscription.ended
            message = subscription.take(row)
            if message is not None:
                yield message


def _page(sessions: SessionFactory, subscription: Subscription) -> list[Row]:
    behind = subscription.behind
    with transaction(sessions) as session:
        with platform_step(session, Step.LIVE):
            rows = [
                row for row in rows_after(session, behind, _PAGE) if row.number <= subscription.checked[row.stream_id]
            ]
        now = utc_now()
        subscription.judge(find_principals(session, [subscription.bearer], now)[0], now)
    for stream in behind.keys() - {row.stream_id for row in rows}:  # trimmed while it was read
        subscription.sent[stream] = subscription.checked[stream]
    return rows


async def _news(flow: Flow, subscription: Subscription, until: float | None) -> bool:
    """Wait for news, for the pause between heartbeats at most; tell whether there are some."""
    seconds = flow.heartbeat_seconds
    if until is not None:
        seconds = min(seconds, max(0.0, until - asyncio.get_running_loop().time()))
    try:
        async with asyncio.timeout(seconds):
            await subscription.news.wait()
    except TimeoutError:
        return False
    return True
