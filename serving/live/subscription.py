"""One live connection: whose it is, how far it has been sent what, and up to where its caller's rights were checked."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from core.access.principal import Principal
from core.errors import AutomartError
from core.identity.tokens.errors import TokenExpiredError
from serving.identity.logins.authentication import VerifiedBearer
from serving.live.errors import AccessChangedError
from serving.live.position import ME, position_text
from serving.live.rows import Row
from serving.live.visibility import may_see

RESYNC: Final = "What you missed is no longer kept: read leads, deposits and cars anew."


@dataclass(frozen=True, slots=True)
class Message:
    """A message to a client: its type, the reader's place after it, and the whole of it in JSON."""

    type: str
    position: str
    text: str


def told(kind: str, position: str, **facts: object) -> Message:
    """Make a message that is no event."""
    return Message(kind, position, json.dumps({"type": kind, **facts, "position": position}))


@dataclass(eq=False)
class Subscription:
    """A reader of the stream of one organisation, of its own stream, or of both.

    `sent` are the numbers up to which everything was sent or is not for this reader, by stream; `checked` those up to
    which the caller's rights were found unchanged after the events had been read. Nothing beyond these is sent, so an
    event that was committed after a logout never is. A reader that is slow holds nothing but its place.
    """

    bearer: VerifiedBearer
    principal: Principal
    org: tuple[str, UUID] | None
    sent: dict[UUID, int]
    checked: dict[UUID, int]
    resync: bool = False
    ended: AutomartError | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)
    loop: asyncio.AbstractEventLoop | None = None

    @property
    def position(self) -> str:
        """The reader's place in its streams, as it is given to go on from."""
        code, org_id = self.org or (ME, None)
        return position_text({code if stream == org_id else ME: number for stream, number in self.sent.items()})

    @property
    def behind(self) -> dict[UUID, int]:
        """The streams in which something checked was not sent yet, by the number after which it begins."""
        return {each: number for each, number in self.sent.items() if number < self.checked[each]}

    def judge(self, found: Principal | AutomartError, now: datetime) -> bool:
        """End the connection if the caller's token or rights have changed; return whether it stays open."""
        claims = self.bearer.claims
        if claims is not None and claims.expires_at <= now:
            self.ended = self.ended or TokenExpiredError()
        elif isinstance(found, AutomartError):
            self.ended = self.ended or found
        elif found != self.principal:
            self.ended = self.ended or AccessChangedError()
        return self.ended is None

    def take(self, row: Row) -> Message | None:
        """Move past an event and return what is sent of it; None where it is not for this reader."""
        self.sent[row.stream_id] = row.number
        org_id = None if self.org is None else self.org[1]
        if not may_see(self.principal, row, org_id):
            return None
        position = self.position
        return Message("event", position, f'{{"type": "event", "id": "{position}", {row.text}')
