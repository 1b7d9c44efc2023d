"""Send what is due, many at a time, as long as there is something and the time of a turn is not over."""

import asyncio
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from core.work.loop import Turn
from pipelines.webhooks.claims import FIRST, Claimed, claim
from pipelines.webhooks.results import Sent, write_down
from pipelines.webhooks.sealed_columns import HEADERS, OLD_SECRET, SECRET, SIGNING_KEY
from pipelines.webhooks.sending import Answer, Sender, encoded
from pipelines.webhooks.signing import SigningKeys, signature_headers

MOST_AT_ONCE: Final = 64
TURN_SECONDS: Final = 30.0
_GATHER_SECONDS: Final = 0.01
_LOOK_SECONDS: Final = 0.2  # between looks for what has become due, while slow partners are waited for
_JITTER: Final = random.SystemRandom()


@dataclass(frozen=True)
class Letter:
    """A message as it is sent: its address, body, the partner's headers, and the keys that sign each attempt."""

    url: str
    message_id: str
    body: bytes
    own_headers: Mapping[str, str] = field(repr=False)
    keys: SigningKeys

    def headers(self, at: datetime) -> dict[str, str]:
        """Return the headers of an attempt."""
        return {**self.own_headers, **signature_headers(self.keys, self.message_id, at, self.body)}


class _Desk:
    """Claims deliveries and makes their letters ready; endpoints are gone through in turn, each opened once."""

    def __init__(self, keys: PlatformKeys) -> None:
        self._keys = keys
        self._after = FIRST
        self._opened: dict[tuple[Any, ...], tuple[SigningKeys, dict[str, str]]] = {}

    def claim(self, session: Session, now: datetime, most: int) -> list[tuple[Claimed, Letter]]:
        claimed = last = claim(session, now, most, self._after)
        if len(claimed) < most and self._after != FIRST:
            last = claim(session, now, most - len(claimed))
            claimed = claimed + last
        self._after = max(each.row.id for each in last) if last and len(claimed) == most else FIRST
        sealer = Sealer(session, self._keys)
        rows = [each.row for each in claimed]
        sealer.load(value for row in rows for value in (row.secret, row.old_secret, row.signing_key, row.headers))
        return [(each, self._letter(sealer, each, now)) for each in claimed]

    def _letter(self, sealer: Sealer, claimed: Claimed, now: datetime) -> Letter:
        row = claimed.row
        old = row.old_secret if row.old_secret is not None and row.old_secret_until > now else None
        sealed = (row.id, row.secret, old, row.signing_key, row.headers)
        if sealed not in self._opened:
            self._opened[sealed] = _open(sealer, row, with_old=old is not None)
        signing, own = self._opened[sealed]
        return Letter(row.url, claimed.webhook_id, encoded(row.payload), own, signing)


def _open(sealer: Sealer, row: Row[Any], *, with_old: bool) -> tuple[SigningKeys, dict[str, str]]:
    secrets = [SECRET.open(sealer, row), *([OLD_SECRET.open(sealer, row)] if with_old else [])]
    own = {} if row.headers is None else json.loads(HEADERS.open(sealer, row))
    return SigningKeys(secrets, SIGNING_KEY.open(sealer, row)), own


async def dispatch(work: Turn, keys: PlatformKeys, sender: Sender, seconds: float = TURN_SECONDS) -> int:
    """Claim and send until nothing is due; return how many were sent.

    A slow partner keeps a place of its own and no other: places that become free are filled while it is waited for.
    One transaction writes down what has been answered and claims what comes next.
    """
    until, sent, desk = time.monotonic() + seconds, 0, _Desk(keys)
    done, running = set[asyncio.Task[Sent]](), set[asyncio.Task[Sent]]()
    while True:
        is_over = work.stopping or time.monotonic() >= until
        free = 0 if is_over else MOST_AT_ONCE - len(running)
        started = _turn(work, desk, sender, [task.result() for task in done], free)
        sent += len(done)
        running |= started
        if not running:
            return sent
        done, running = await _answered(running, _GATHER_SECONDS if started or done else _LOOK_SECONDS)


def _turn(work: Turn, desk: _Desk, sender: Sender, answered: list[Sent], free: int) -> set[asyncio.Task[Sent]]:
    if not answered and not free:
        return set()
    now = utc_now()
    with work.transaction() as session:
        if answered:
            write_down(session, answered, _JITTER.random)
        claimed = desk.claim(session, now, free) if free else []
    return {asyncio.create_task(_send(sender, *each)) for each in claimed}


async def _answered(
    running: set[asyncio.Task[Sent]], seconds: float
) -> tuple[set[asyncio.Task[Sent]], set[asyncio.Task[Sent]]]:
    """Wait for answers, and a moment longer for others that come with them: they are written down together."""
    done, left = await asyncio.wait(running, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    if done and left:
        more, left = await asyncio.wait(left, timeout=_GATHER_SECONDS)
        done |= more
    return done, left


async def _send(sender: Sender, claimed: Claimed, letter: Letter) -> Sent:
    if not claimed.may_know:
        return Sent(claimed, None, utc_now())
    at = utc_now()
    answer: Answer = await sender.post(letter.url, letter.headers(at), letter.body, at)
    return Sent(claimed, answer, utc_now())
