"""Compare a batch of cars with all saved searches, in one statement.

Searches without words are found by their keys, those with words by the words that a car of the batch meets
(`pipelines.search.alerts.words`); then every filter is compared. A search is the owner's: cars of the owner and of the
owner's organisations are not told, nor what a stranger in that channel does not see.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.search.document import ListingDocument
from pipelines.search.alerts.canonical import DENIALS, FLAGS, RANGES, TERMS, document_columns
from pipelines.search.alerts.words import BatchWords


@dataclass(frozen=True)
class ChangedCar:
    """A car as it is, and what is known of before.

    `was`: the car as it was before; None where nobody could have it then. `arrived`: the channels in which it was not
    on offer before; `was_pkr`: its price before; `offered_at`: since when it is on offer.
    """

    document: ListingDocument
    offered_at: datetime
    seller_id: UUID | None = None
    was: ListingDocument | None = None
    arrived: tuple[str, ...] = ()
    was_pkr: int | None = None


@dataclass(frozen=True)
class MatchResult:
    """Numbers of cars that were compared, and of alerts that wait because of them."""

    cars: int
    new: int
    price_drops: int


def _in_range(name: str, column: str) -> str:
    low, high = f"s.{name}_min", f"s.{name}_max"
    return f"({low} IS NULL OR {column} >= {low}) AND ({high} IS NULL OR {column} <= {high})"


_CHANGED: Final = ", ".join(
    [
        "at integer, id uuid, org_id uuid, seller_id uuid, offered_at timestamptz, arrived text[], was_pkr bigint",
        "keys text[], met_before boolean",
        *(
            f"{prefix}{column}"
            for prefix in ("", "was_")
            for column in (
                "seen_by text[]",
                *(f"{name} text" for name in (*TERMS, "place")),
                *(f"{name} boolean" for name in FLAGS),
                *(f"{name} bigint" for name in RANGES),
            )
        ),
    ]
)


def _meets_filters(prefix: str = "") -> str:
    return " AND ".join(
        [
            f"s.channel = ANY(c.{prefix}seen_by)",
            *(_in_range(name, f"c.{prefix}{name}") for name in RANGES),
            *(f"(s.{name} IS NULL OR c.{prefix}{name} = ANY(s.{name}))" for name in (*TERMS, "place")),
            *(f"(s.{name} IS NULL OR c.{prefix}{name} = s.{name})" for name in FLAGS),
            *(f"coalesce(c.{prefix}{name} <> ALL(s.{denial}), true)" for denial, name in DENIALS.items()),
        ]
    )


_MEETS: Final = " AND ".join(
    [
        "s.frequency <> 'off'",
        _meets_filters(),
        "s.user_id IS DISTINCT FROM c.seller_id",
        "NOT EXISTS (SELECT FROM memberships o WHERE o.user_id = s.user_id AND o.org_id = c.org_id)",
    ]
)
_FOUND: Final = f"""
SELECT s.id AS search_id, c.id AS listing_id, c.price AS price_pkr, c.was_pkr, s.new_match, s.price_drop,
  {{words_met}} AND coalesce(c.met_before, coalesce({_meets_filters("was_")}, false)) AS met_before,
  s.channel = ANY(c.arrived) OR c.offered_at > s.since AS arrived
"""
_ONLY: Final = "(CAST(:only AS uuid) IS NULL OR s.id = :only)"
_MET: Final = f"""
WITH changed AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(CAST(:cars AS jsonb)) AS r ({_CHANGED})
), met AS MATERIALIZED (
  {_FOUND.format(words_met="true")}
  FROM changed c JOIN saved_searches s ON s.keys && c.keys AND s.words = '' AND {_MEETS} AND {_ONLY}
  UNION ALL
  {_FOUND.format(words_met="w.met_before")}
  FROM jsonb_to_recordset(CAST(:texts AS jsonb)) AS w (words text, at integer, met_before boolean)
  JOIN changed c ON c.at = w.at
  JOIN saved_searches s ON s.words = w.words AND s.words <> '' AND {_MEETS} AND {_ONLY}
)
"""  # noqa: S608  (names of our own, no input)
_PAIRS: Final = text(f"{_MET} SELECT search_id, listing_id FROM met ORDER BY search_id, listing_id")  # noqa: S608
_KEEP: Final = text(f"""{_MET}, locked AS MATERIALIZED (
  SELECT id FROM saved_searches WHERE id IN (SELECT search_id FROM met) ORDER BY id FOR KEY SHARE
), judged AS (
  SELECT t.search_id, t.listing_id, t.price_pkr, coalesce(m.price_pkr, t.was_pkr) AS was_pkr,
    CASE WHEN m.search_id IS NULL AND t.new_match AND t.arrived THEN 'new'
      WHEN m.search_id IS NULL AND t.new_match AND NOT t.met_before THEN 'now_matches'
      WHEN t.price_drop AND t.price_pkr < coalesce(m.price_pkr, t.was_pkr)
        AND (m.search_id IS NOT NULL OR t.met_before) THEN 'price_drop' END AS kind
  FROM met t LEFT JOIN saved_search_matches m ON m.search_id = t.search_id AND m.listing_id = t.listing_id
  WHERE (t.search_id IN (SELECT id FROM locked)) IS TRUE  -- hashed: a join of so few guessed rows may be nested
), kept AS (
  INSERT INTO saved_search_matches AS m (search_id, listing_id, kind, price_pkr, was_pkr, matched_at)
  SELECT search_id, listing_id, kind, price_pkr, CASE kind WHEN 'price_drop' THEN was_pkr END, :now
  FROM judged WHERE kind IS NOT NULL ORDER BY search_id, listing_id
  ON CONFLICT (search_id, listing_id) DO UPDATE SET price_pkr = excluded.price_pkr, told_at = NULL,
    matched_at = excluded.matched_at,
    kind = CASE WHEN m.told_at IS NULL THEN m.kind ELSE excluded.kind END,
    was_pkr = CASE WHEN m.told_at IS NULL THEN m.was_pkr ELSE excluded.was_pkr END
  RETURNING search_id, kind
), due AS (
  UPDATE saved_searches s SET due_at = greatest(:now,
    s.told_at + CASE s.frequency WHEN 'daily' THEN interval '1 day' ELSE interval '1 hour' END)
  WHERE s.due_at IS NULL AND s.id IN (SELECT search_id FROM kept)
)
SELECT count(*) FILTER (WHERE kind <> 'price_drop') AS new, count(*) FILTER (WHERE kind = 'price_drop') AS drops
FROM kept
""")  # noqa: S608
_TEXTS: Final = text(
    "SELECT DISTINCT words FROM saved_searches s WHERE words <> '' AND frequency <> 'off'"  # noqa: S608  (no input)
    f" AND {_ONLY} ORDER BY words"
)
_PLAN: Final = text("SET LOCAL jit = off")
"""Compiling the statement takes longer than it saves."""


def keep_matches(session: Session, cars: Sequence[ChangedCar], now: datetime) -> MatchResult:
    """Keep what owners are to be told of these cars, each as a match once a search and each fall of its price once.

    A car is new to a search that it meets where it came on offer after the search was saved; it matches now where it
    did not before, whatever of it has changed. A price has fallen where it is lower than the one last told, or else
    than it was before. No foreign key looks at each match: a search is locked once, and one that was deleted is left
    out.
    """
    if not cars:
        return MatchResult(0, 0, 0)
    found = session.execute(_KEEP, _given(session, cars, None) | {"now": now}).one()
    return MatchResult(len(cars), found.new, found.drops)


def matching_pairs(session: Session, cars: Sequence[ChangedCar], only: UUID | None = None) -> list[tuple[UUID, UUID]]:
    """Return the ids of saved searches and of the cars that meet them; `only` those of one search."""
    if not cars:
        return []
    return [(row.search_id, row.listing_id) for row in session.execute(_PAIRS, _given(session, cars, only))]


def _given(session: Session, cars: Sequence[ChangedCar], only: UUID | None) -> dict[str, Any]:
    session.execute(_PLAN)
    rows = [_row(at, car) for at, car in enumerate(cars)]
    other = [at for at, row in enumerate(rows) if row["met_before"] is None]
    batch, former = BatchWords([car.document for car in cars]), BatchWords([_was(cars[at]) for at in other])
    texts = []
    for words in session.scalars(_TEXTS, {"only": only}):
        missed = set(other)
        missed.difference_update(other[place] for place in former.meeting(words))
        texts += [{"words": words, "at": at, "met_before": at not in missed} for at in batch.meeting(words)]
    return {"cars": json.dumps(rows), "texts": json.dumps(texts), "only": only}


def _was(car: ChangedCar) -> ListingDocument:
    return car.was or car.document


def _row(at: int, car: ChangedCar) -> dict[str, Any]:
    """Return a car as a row; `met_before` is null where the filters have to say it, by columns of `was_`."""
    row = document_columns(car.document) | {
        "at": at,
        "seller_id": None if car.seller_id is None else str(car.seller_id),
        "offered_at": car.offered_at.isoformat(),
        "arrived": list(car.arrived),
        "was_pkr": car.was_pkr,
    }
    if car.was is None or car.was == car.document:
        return row | {"met_before": car.was is not None}
    was = {f"was_{name}": value for name, value in document_columns(car.was).items()}
    return row | was | {"met_before": None}
