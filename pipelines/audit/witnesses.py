"""Read the anchors' statements about the chain, before the chain itself is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables.audit import AuditAnchor
from core.storage import Storage
from pipelines.audit.anchors import (
    Anchor,
    AnchorName,
    UnreadableAnchorError,
    content_digest,
    listed_anchors,
    read_anchor,
)
from pipelines.audit.report import Finding

Witness = Anchor | Finding
"""An anchor that says what the chain's digest is, or what is wrong with it."""


class Witnesses:
    """The anchors in the order of their numbers.

    Storage is listed before the database is asked, so every anchor that is listed speaks of links that are committed.
    An anchor that the database does not list is heard too: a process may have been killed between writing it and noting
    it, and an older copy of the database may have been restored. To lift a gap or a start (`resumed`, `retained`),
    however, both sides must know it: whoever writes to one of them alone can lift nothing.
    """

    def __init__(self, session: Session, storage: Storage) -> None:
        listed, self._strange = listed_anchors(storage)
        rows = session.execute(select(AuditAnchor.kind, AuditAnchor.number, AuditAnchor.content_digest))
        self._noted: Mapping[AnchorName, bytes] = {AnchorName(row.number, row.kind): row.content_digest for row in rows}
        self._storage = storage
        self.base = max((name.number for name in self._noted if name.kind == "retained"), default=0)
        """The number up to which records were dropped."""
        self._names = sorted(name for name in {*listed, *self._noted} if name.number > self.base)
        self.retained = self.read(AnchorName(self.base, "retained")) if self.base else None
        noted = [self.read(name) for name in self._names if name.kind == "resumed" and name in self._noted]
        self.resumed = {each.name.number: each for each in noted if isinstance(each, Anchor)}
        self._aside = {key: at for at, each in self.resumed.items() for key in each.content["set_aside"]}
        self.segments = [name for name in self._names if name.kind == "segment" and name.key not in self._aside]

    def heard(self) -> list[tuple[int, Witness]]:
        """Return what all anchors but those of segments say, in the order of their numbers."""
        said: list[tuple[int, Witness]] = [
            (0, Finding("this object is no anchor", anchor=key)) for key in self._strange
        ]
        said += self._changed_aside()
        for name in self._names:
            if name.kind != "segment" and name.key not in self._aside:
                witness = self.read(name)
                said += [] if witness is None else [(name.number, witness)]
        return sorted(said, key=lambda each: each[0])

    def read(self, name: AnchorName) -> Witness | None:
        """Read an anchor and hold it against the database's note of it; None: it went since it was listed."""
        noted = self._noted.get(name)
        try:
            anchor = read_anchor(self._storage, name)
        except UnreadableAnchorError:
            return Finding("the anchor was changed in storage", name.number, None, name.key)
        if anchor is None:
            removed = Finding("the anchor was removed from storage", name.number, None, name.key)
            return None if noted is None else removed
        if noted not in (None, anchor.content_digest):
            return Finding("the anchor was changed, here or in the database's list", name.number, None, name.key)
        return anchor

    def _changed_aside(self) -> Iterator[tuple[int, Finding]]:
        """Name anchors that a declared restore has set aside and that are not what they were then."""
        for key, at in self._aside.items():
            name = AnchorName.parse(key)
            if name is not None and name.number <= self.base:
                continue  # dropped with the records up to there
            now = content_digest(self._storage, key)
            if now is None or now.hex() != self.resumed[at].content["set_aside"][key]:
                yield at, Finding("an anchor that a restore had set aside was changed or removed", at, None, key)
