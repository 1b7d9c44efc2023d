"""Store a dealer's confirmations of doubtful prices, and whether such prices are held back or published."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

import polars as pl
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from core.db.tables import FeedGuardOverrides, FeedPriceDoubt

_CONFIRMED: Final = pl.Schema({"source_key": pl.String(), "price_pkr": pl.Int64()})
PricePolicy = Literal["hold", "publish"]
_CONFIRM = text("""
INSERT INTO feed_price_doubts (org_id, source_key, price_pkr, confirmed_by, confirmed_at)
VALUES (:org_id, :source_key, :price_pkr, :by, now())
ON CONFLICT (org_id, source_key) DO UPDATE SET likely_pkr = NULL, file_id = NULL,
  price_pkr = excluded.price_pkr, confirmed_by = excluded.confirmed_by, confirmed_at = excluded.confirmed_at
""")
_DOUBT = text("""
INSERT INTO feed_price_doubts (org_id, source_key, price_pkr, likely_pkr, file_id)
SELECT :org_id, * FROM unnest(CAST(:keys AS text[]), CAST(:prices AS bigint[]), CAST(:likely AS bigint[])),
  (SELECT CAST(:file_id AS uuid)) AS f
ON CONFLICT (org_id, source_key) DO UPDATE SET price_pkr = excluded.price_pkr, likely_pkr = excluded.likely_pkr,
  file_id = excluded.file_id, confirmed_by = NULL, confirmed_at = NULL
""")
_TAKE = text("""
DELETE FROM feed_price_doubts d
USING unnest(CAST(:old_keys AS text[]), CAST(:new_keys AS text[])) AS g (old_key, new_key)
WHERE d.org_id = :org_id AND d.source_key = g.old_key
RETURNING d.org_id, g.new_key, d.price_pkr, d.likely_pkr, d.file_id, d.confirmed_by, d.confirmed_at
""")
_PUT = text("""
INSERT INTO feed_price_doubts (org_id, source_key, price_pkr, likely_pkr, file_id, confirmed_by, confirmed_at)
VALUES (:org_id, :new_key, :price_pkr, :likely_pkr, :file_id, :confirmed_by, :confirmed_at) ON CONFLICT DO NOTHING
""")
_POLICY = text("""
INSERT INTO feed_settings (org_id, implausible_prices, changed_by, changed_at) VALUES (:org_id, :policy, :by, now())
ON CONFLICT (org_id) DO UPDATE SET implausible_prices = excluded.implausible_prices,
  changed_by = excluded.changed_by, changed_at = excluded.changed_at
""")


@dataclass(frozen=True)
class OrgPrices:
    """The settings of an organisation that its prices are read by."""

    confirmed: pl.DataFrame
    """`source_key` and `price_pkr` of the prices that it said are right."""
    publish: bool = False
    """Doubtful prices are published without a band instead of held back."""


class PriceConfirmations:
    """Reads and writes `feed_price_doubts`, and one column of `feed_settings`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, org_ids: Sequence[UUID]) -> dict[UUID, OrgPrices]:
        """Read what holds for each of these organisations."""
        doubt = FeedPriceDoubt
        query = select(doubt.org_id, doubt.source_key, doubt.price_pkr)
        query = query.where(doubt.org_id.in_(org_ids), doubt.confirmed_at.is_not(None))
        said: dict[UUID, list[tuple[str, int]]] = {org_id: [] for org_id in org_ids}
        for org_id, key, price in self._session.execute(query.order_by(doubt.org_id, doubt.source_key)):
            said[org_id].append((key, price))
        settings = select(FeedGuardOverrides.org_id).where(
            FeedGuardOverrides.org_id.in_(org_ids), FeedGuardOverrides.implausible_prices == "publish"
        )
        publish = set(self._session.scalars(settings))
        return {
            org_id: OrgPrices(pl.DataFrame(words, schema=_CONFIRMED, orient="row"), org_id in publish)
            for org_id, words in said.items()
        }

    def confirm(self, org_id: UUID, source_key: str, price_pkr: int, by: str) -> None:
        """Keep the dealer's word that this price of this car is right; another price is judged again."""
        self._session.execute(_CONFIRM, {"org_id": org_id, "source_key": source_key, "price_pkr": price_pkr, "by": by})

    def rekey(self, org_id: UUID, changed: pl.DataFrame) -> None:
        """Keep what was said about cars whose stock numbers changed (`old_key`, `new_key`)."""
        given = {"old_keys": changed["old_key"].to_list(), "new_keys": changed["new_key"].to_list()}
        taken = [dict(row) for row in self._session.execute(_TAKE, {"org_id": org_id} | given).mappings()]
        if taken:
            self._session.execute(_PUT, taken)

    def publish_doubtful(self, org_id: UUID, file_id: UUID, doubts: pl.DataFrame) -> None:
        """Keep which published prices of a file are doubtful: they get no band until they are confirmed."""
        if doubts.is_empty():
            return
        columns = {"keys": "source_key", "prices": "price_pkr", "likely": "likely_pkr"}
        values = {name: doubts[column].to_list() for name, column in columns.items()}
        self._session.execute(_DOUBT, {"org_id": org_id, "file_id": file_id} | values)

    def set_policy(self, org_id: UUID, policy: PricePolicy, by: str) -> None:
        """Hold doubtful prices of an organisation back, or publish them without a band; for its next files."""
        self._session.execute(_POLICY, {"org_id": org_id, "policy": policy, "by": by})
        if policy == "hold":
            unconfirmed = FeedPriceDoubt.confirmed_at.is_(None)
            self._session.execute(delete(FeedPriceDoubt).where(FeedPriceDoubt.org_id == org_id, unconfirmed))
