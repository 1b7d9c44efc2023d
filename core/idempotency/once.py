"""Do a request once for each key, however often it arrives.

Everything happens in the transaction of the request: the effect and the answer are committed together, so a process
that dies before the commit leaves neither, and the repeated request runs anew. That only holds while the action changes
nothing outside the database: a message or a payment goes through the outbox instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b, sha256
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.db.tables.idempotency import IdempotentAnswer
from core.idempotency.errors import AnswerLostError, BadIdempotencyKeyError, KeyReusedError, RequestInProgressError
from core.security.keyring import Keyring
from core.security.sealing import CannotOpenError, open_sealed, seal

KEPT_FOR: Final = timedelta(hours=48)
_LONGEST_KEY: Final = 200


@dataclass(frozen=True)
class RequestKey:
    """Identify a request by its sender, organisation, operation and idempotency key.

    `person_id` is the person or the service account that sends it.
    """

    person_id: UUID | None
    org_id: UUID | None
    operation: str
    key: str

    def __post_init__(self) -> None:
        """Refuse keys that could not be kept or told apart."""
        if not (0 < len(self.key) <= _LONGEST_KEY and self.key.isascii() and self.key.isprintable()):
            raise BadIdempotencyKeyError

    def lock_number(self) -> int:
        """Return the number of the advisory lock that stands for this request."""
        digest = blake2b("\x00".join(self._parts()).encode(), digest_size=8, person=b"idempotency")
        return int.from_bytes(digest.digest(), "big", signed=True)

    def place(self) -> tuple[str, ...]:
        """Return the context that the kept answer is sealed with (see `seal`): no other request can open it."""
        return ("idempotent_answers", *self._parts())

    def _parts(self) -> tuple[str, ...]:
        return (str(self.person_id), str(self.org_id), self.operation, self.key)


@dataclass(frozen=True)
class Answer:
    """A status from 200 to 499 and a JSON body; `replayed` where it was given to an earlier request."""

    status: int
    body: Any
    replayed: bool = False


def answer_once(
    session: Session, keyring: Keyring, request: RequestKey, body: bytes, action: Callable[[], Answer]
) -> Answer:
    """Return the kept answer to this request, or run `action` and keep its answer.

    The caller checks the rights of the sender before, each time: a kept answer is not a permit. `body` is the request
    as sent. The answer is kept sealed, since it may hold contacts and secrets. Errors that `action` raises are not
    kept: their transaction is rolled back, and the next attempt runs.

    Raises:
        RequestInProgressError: the same request is being done by another connection right now.
        KeyReusedError: the key was used for another body.
        AnswerLostError: the answer cannot be opened any more.
    """
    # The lock is tried, not waited for: a sender that repeats itself must not fill the pool with waiting connections.
    locked = session.scalar(text("SELECT pg_try_advisory_xact_lock(:number)"), {"number": request.lock_number()})
    if not locked:
        raise RequestInProgressError
    digest = sha256(body).digest()
    kept = session.scalars(select(IdempotentAnswer).where(*_same(request))).first()
    if kept is not None:
        if kept.request_digest != digest:
            raise KeyReusedError
        return Answer(kept.status, _opened(keyring, request, kept.sealed_body), replayed=True)
    answer = action()
    session.add(
        IdempotentAnswer(
            person_id=request.person_id,
            org_id=request.org_id,
            operation=request.operation,
            key=request.key,
            request_digest=digest,
            status=answer.status,
            sealed_body=seal(keyring, json.dumps(answer.body), request.place()),
        )
    )
    session.flush()
    return answer


def _opened(keyring: Keyring, request: RequestKey, sealed: bytes) -> object:
    try:
        return json.loads(open_sealed(keyring, sealed, request.place()))
    except CannotOpenError:  # sealed with a key since retired: the action was done, so it must not run again
        raise AnswerLostError from None


def _same(request: RequestKey) -> tuple[Any, ...]:
    return (
        IdempotentAnswer.person_id.is_not_distinct_from(request.person_id),
        IdempotentAnswer.org_id.is_not_distinct_from(request.org_id),
        IdempotentAnswer.operation == request.operation,
        IdempotentAnswer.key == request.key,
    )
