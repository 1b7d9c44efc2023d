"""SQL of the addresses in feeds; the only writer of `photo_addresses`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from core.db.tables.photos import PhotoAddress
from core.states.listings import state_sql
from pipelines.photos.copies.download import Validators

AGAIN = timedelta(days=7)
"""A copied photo is asked for again after this, with the server's own validators: most servers answer without it."""
ATTEMPTS = 8
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=5), timedelta(days=1)
_NOTE = text(f"""
INSERT INTO photo_addresses (url_digest, url, due_at)
SELECT DISTINCT ON (u.digest) u.digest, u.url, CAST(:now AS timestamptz)
FROM listings l CROSS JOIN LATERAL (
  SELECT url, sha256(convert_to(url, 'UTF8')) AS digest FROM unnest(l.photos) AS p (url)
) u
WHERE {state_sql("opened")} AND NOT EXISTS (SELECT 1 FROM photo_addresses a WHERE a.url_digest = u.digest)
ON CONFLICT DO NOTHING
""")  # noqa: S608  (names of states, no input)
# Listings whose copies differ from what their feed names now: a copy is missing, has changed, or is no longer named.
_UNLINKED = text(f"""
WITH named AS MATERIALIZED (
  SELECT l.id AS listing_id, a.id AS address_id, a.content_id
  FROM listings l CROSS JOIN LATERAL unnest(l.photos) AS p (url)
  JOIN photo_addresses a ON a.url_digest = sha256(convert_to(p.url, 'UTF8'))
  WHERE {state_sql("opened")}
)
SELECT n.listing_id FROM named n WHERE n.content_id IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM listing_photos p WHERE p.listing_id = n.listing_id AND p.address_id = n.address_id
    AND (p.removed_at IS NOT NULL OR p.content_id = n.content_id)
)
UNION
SELECT p.listing_id FROM listing_photos p JOIN listings l ON l.id = p.listing_id
WHERE p.origin = 'feed' AND {state_sql("opened")} AND NOT EXISTS (
  SELECT 1 FROM named n WHERE n.listing_id = p.listing_id AND n.address_id = p.address_id
)
LIMIT :most
""")  # noqa: S608  (names of states, no input)
_NAMED = text(f"""
SELECT a.id AS address_id, a.content_id
FROM listings l CROSS JOIN LATERAL unnest(l.photos) WITH ORDINALITY AS p (url, place)
JOIN photo_addresses a ON a.url_digest = sha256(convert_to(p.url, 'UTF8'))
WHERE l.id = :listing_id AND {state_sql("opened")} ORDER BY p.place
""")  # noqa: S608  (names of states, no input)


@dataclass(frozen=True)
class DueAddress:
    """An address that is to be read now."""

    id: UUID
    url: str
    validators: Validators
    attempts: int
    copied: bool


class AddressRepository:
    """The addresses and what came of them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def note_new(self, now: datetime) -> int:
        """Insert the addresses that live listings name and that were never seen, and count them."""
        found: Any = self._session.execute(_NOTE, {"now": now})
        return int(found.rowcount)

    def due(self, now: datetime, most: int) -> list[DueAddress]:
        """List addresses that are to be read, the longest due first."""
        query = select(PhotoAddress).where(PhotoAddress.due_at <= now).order_by(PhotoAddress.due_at, PhotoAddress.id)
        return [
            DueAddress(
                row.id, row.url, Validators(row.etag, row.last_modified), row.attempts, row.content_id is not None
            )
            for row in self._session.scalars(query.limit(most))
        ]

    def copied(self, address_id: UUID, content_id: UUID | None, validators: Validators, now: datetime) -> None:
        """Note that the address was read; without a content, that it still gives the same."""
        values: dict[str, Any] = {"state": "copied", "attempts": 0, "code": None, "checked_at": now}
        values |= {"etag": validators.etag, "last_modified": validators.last_modified, "due_at": now + AGAIN}
        if content_id is not None:
            values["content_id"] = content_id
        self._session.execute(update(PhotoAddress).where(PhotoAddress.id == address_id).values(**values))

    def failed(self, address: DueAddress, code: str, now: datetime, pause: timedelta | None) -> None:
        """Note a failure. With a pause the address is read again after it; a copy that there is stays."""
        attempts = address.attempts + 1
        again = pause is not None and attempts < ATTEMPTS
        values = {"code": code, "checked_at": now, "attempts": attempts if again else 0}
        values["due_at"] = now + (pause if pause is not None and again else AGAIN)
        if not again and not address.copied:
            values["state"] = "failed"
        self._session.execute(update(PhotoAddress).where(PhotoAddress.id == address.id).values(**values))

    def postpone_hosts(self, hosts: Sequence[str], now: datetime, until: datetime) -> int:
        """Leave what is due of these hosts for later, without counting an attempt: they are away; count it."""
        host = func.lower(func.split_part(func.split_part(PhotoAddress.url, "/", 3), ":", 1))
        due = update(PhotoAddress).where(PhotoAddress.due_at <= now, host.in_(hosts))
        postponed: Any = self._session.execute(due.values(due_at=until))
        return int(postponed.rowcount)

    def unlinked(self, most: int) -> list[UUID]:
        """List listings whose photos differ from the copies of what their feed names now."""
        return list(self._session.scalars(_UNLINKED, {"most": most}))

    def named(self, listing_id: UUID) -> list[tuple[UUID, UUID | None]]:
        """List the addresses that a live listing names, in its feed's order, each with its copy if there is one."""
        return [(row.address_id, row.content_id) for row in self._session.execute(_NAMED, {"listing_id": listing_id})]


def pause_after(attempts: int) -> timedelta:
    """Return the pause after `attempts` failures in a row: 5 minutes, doubled each time, at most a day."""
    return min(_FIRST_PAUSE * 2.0 ** min(attempts, 20), _LONGEST_PAUSE)
