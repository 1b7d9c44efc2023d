"""SQL of what finds candidates: a row for each described content, and a row for each of its tokens.

What proves a pair (`features`) lies in storage beside the content's variants. All of it goes with the content.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.photo_duplicates.description import version_number

MOST_COMMON = 200
"""A token that more photos share names no candidates: it is a placeholder's, or says nothing."""
MOST_CANDIDATES = 50
TRIES = 3
"""The number of times that a content may be compared: one that ends every process which compares it is left alone."""
_FEWEST = 2  # shared words, or bands of hashes that differ in at most one bit each
_KEEP = text("""
INSERT INTO photo_descriptions AS d (content_id, version, usable, sought, described_at, compared_at)
VALUES (:content_id, :version, :usable, :sought, clock_timestamp(),
  CASE WHEN :usable THEN NULL ELSE clock_timestamp() END)
ON CONFLICT (content_id) DO UPDATE SET version = excluded.version, usable = excluded.usable, sought = excluded.sought,
  described_at = excluded.described_at, compared_at = excluded.compared_at, crowd = false, tries = 0, tried_at = NULL
""")
_FORGET_TOKENS = text("DELETE FROM photo_tokens WHERE content_id = :content_id")
_KEEP_TOKENS = text("""
INSERT INTO photo_tokens (version, token, content_id)
SELECT :number, token, :content_id FROM unnest(CAST(:tokens AS int[])) AS t (token)
""")
_CLAIM = text("""
UPDATE photo_descriptions d SET tries = tries + 1, tried_at = clock_timestamp()
FROM (
  SELECT content_id FROM photo_descriptions
  WHERE compared_at IS NULL AND version = :version AND tries < :tries
    AND (tried_at IS NULL OR tried_at < clock_timestamp() - interval '3 minutes')
  ORDER BY described_at LIMIT :most FOR UPDATE SKIP LOCKED
) free
WHERE d.content_id = free.content_id RETURNING d.content_id, d.sought
""")
# A token is read up to one row more than it may have, so that placeholders cost no more than other photos.
_CANDIDATES = text("""
WITH common AS (
  SELECT greatest(:most_common, reltuples / 256)::int AS most FROM pg_class WHERE oid = 'photo_descriptions'::regclass
),
hits AS (
  SELECT s.token, p.content_id FROM unnest(CAST(:sought AS int[])) AS s (token), common
  CROSS JOIN LATERAL (
    SELECT content_id FROM photo_tokens p WHERE p.version = :number AND p.token = s.token LIMIT common.most + 1
  ) p
),
telling AS (SELECT token, content_id, count(*) OVER (PARTITION BY token) AS photos FROM hits),
named AS (
  SELECT content_id, count(*) FILTER (WHERE token < :first_band) AS words,
    count(*) FILTER (WHERE token >= :first_band) AS bands
  FROM telling, common WHERE photos <= common.most AND content_id <> :content_id GROUP BY content_id
)
SELECT n.content_id, d.crowd FROM named n JOIN photo_descriptions d ON d.content_id = n.content_id
WHERE d.version = :version AND (n.words >= :fewest OR n.bands >= :fewest)
ORDER BY d.crowd DESC, n.bands DESC, n.words DESC, n.content_id LIMIT :most
""")


@dataclass(frozen=True)
class Uncompared:
    """A content that is to be compared, and the tokens that its copies may have."""

    content_id: UUID
    sought: Sequence[int]


@dataclass(frozen=True)
class Candidate:
    """A content that could be the same photo; `crowd`: it is known to be one that very many share."""

    content_id: UUID
    crowd: bool


class DescriptionRepository:
    """The descriptions and their tokens."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def keep(self, content_id: UUID, made: dict[str, Any]) -> None:
        """Write the description of a content in place of an older one; it is to be compared from now on."""
        usable = bool(made["usable"])
        row = {"content_id": content_id, "version": made["version"], "usable": usable}
        self._session.execute(_KEEP, {**row, "sought": made["sought"] if usable else None})
        self._session.execute(_FORGET_TOKENS, {"content_id": content_id})
        if usable:
            tokens = {"number": version_number(made["version"]), "tokens": made["tokens"]}
            self._session.execute(_KEEP_TOKENS, {"content_id": content_id, **tokens})

    def claim(self, version: str, most: int) -> list[Uncompared]:
        """Claim contents that no process compares."""
        rows = self._session.execute(_CLAIM, {"version": version, "tries": TRIES, "most": most})
        return [Uncompared(*row) for row in rows]

    def candidates(self, wanted: Uncompared, version: str, first_band: int) -> list[Candidate]:
        """Name the contents of the same version that could be the same photo, the likeliest first."""
        given = {
            "content_id": wanted.content_id, "sought": wanted.sought, "version": version, "first_band": first_band,
            "number": version_number(version), "most_common": MOST_COMMON, "fewest": _FEWEST, "most": MOST_CANDIDATES,
        }  # fmt: skip
        return [Candidate(*row) for row in self._session.execute(_CANDIDATES, given)]
