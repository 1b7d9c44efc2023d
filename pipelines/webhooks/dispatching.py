"""Send what is due, many at a time, as long as there is something and the time of a turn is not over."""

import asyncio
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from core.clock import utc_now
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from core.work.loop import Turn
from pipelines.webhooks.claims import Claimed, claim
from pipelines.webhooks.results import Sent, write_down
from pipelines.webhooks.sealed_columns import HEADERS, OLD_SECRET, SECRET, SIGNING_KEY
from pipelines.webhooks.sending import Answer, Sender, encoded
from pipelines.webhooks.signing import SigningKeys, signature_headers

MOST_AT_ONCE: Final = 64
TURN_SECONDS: Final = 30.0
_GATHER_SECONDS: Final = 0.02
_JITTER: Final = random.SystemRandom()


@dataclass(frozen=True)
class Letter:
    """A message as it is sent: its address, body, the partner's headers, and the keys that sign each attempt."""

    url: str
    message_id: str
    body: bytes
    own_headers: Mapping[str, str]
    keys: SigningKeys

    def headers(self, at: datetime) -> dict[str, str]:
        """Return the headers of an attempt."""
        return {**self.own_headers, **signature_headers(self.keys, self.message_id, at, self.body)}


def letters(session: Session, keys: PlatformKeys, claimed: list[Claimed], now: datetime) -> dict[Any, Letter]:
    """Make the messages of claimed deliveries ready, by the delivery's id."""
    sealer = Sealer(session, keys)
    rows = [each.row for each in claimed]
    sealer.load(value for row in rows for value in (row.secret, row.old_secret, row.signing_key, row.headers))
    return {each.row.delivery_id: _letter(sealer, each, now) for each in claimed}


def _letter(sealer: Sealer, claimed: Claimed, now: datetime) -> Letter:
    row = claimed.row
    secrets = [SECRET.open(sealer, row)]
    if row.old_secret is not None and row.old_secret_until > now:
        secrets.append(OLD_SECRET.open(sealer, row))
    own = {} if row.headers is None else json.loads(HEADERS.open(sealer, row))
    signing = SigningKeys(secrets, SIGNING_KEY.open(sealer, row))
    return Letter(row.url, claimed.webhook_id, encoded(row.payload), own, signing)


async def dispatch(work: Turn, keys: PlatformKeys, sender: Sender, seconds: float = TURN_SECONDS) -> int:
    """Claim and send until nothing is due; return how many were sent.

    A slow partner keeps a place of its own and no other: places that become free are filled while it is waited for.
    """
    until, sent, running = time.monotonic() + seconds, 0, set[asyncio.Task[Sent]]()
    while True:
        is_over = work.stopping or time.monotonic() >= until
        free = 0 if is_over else MOST_AT_ONCE - len(running)
        started = _start(work, keys, sender, free) if free else []
        running.update(started)
        if not running:
            return sent
        done, running = await asyncio.wait(running, timeout=_GATHER_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if done:
            with work.transaction() as session:
                write_down(session, [task.result() for task in done], _JITTER.random)
            sent += len(done)


def _start(work: Turn, keys: PlatformKeys, sender: Sender, most: int) -> list[asyncio.Task[Sent]]:
    now = utc_now()
    with work.transaction() as session:
        claimed = claim(session, now, most)
        ready = letters(session, keys, claimed, now)
    return [asyncio.create_task(_send(sender, each, ready[each.row.delivery_id])) for each in claimed]


async def _send(sender: Sender, claimed: Claimed, letter: Letter) -> Sent:
    if not claimed.may_know:
        return Sent(claimed, None, utc_now())
    at = utc_now()
    answer: Answer = await sender.post(letter.url, letter.headers(at), letter.body, at)
    return Sent(claimed, answer, utc_now())
