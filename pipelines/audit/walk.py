"""Verify the chain link by link, and compare it with the anchors."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from core.audit.digest import START, link_digest, record_digest
from pipelines.audit.anchors import Anchor
from pipelines.audit.report import Finding
from pipelines.audit.witnesses import Witnesses


class _OpenSegment:
    """The list of digests that the walk is inside of."""

    def __init__(self, anchor: Anchor) -> None:
        listed: list[list[Any]] = anchor.content["links"]
        self.anchor = anchor
        self.first: int = anchor.content["first"]
        self.last = anchor.name.number
        self._digests = {number: bytes.fromhex(digest) for number, digest in listed}

    def agrees(self, number: int, digest: bytes) -> bool:
        return number < self.first or self._digests.get(number) == digest


class ChainWalk:
    """The last good link, and the anchors that are still to come."""

    def __init__(self, witnesses: Witnesses) -> None:
        self._witnesses = witnesses
        self._heard = witnesses.heard()[::-1]  # the next one is the last
        self._segments = witnesses.segments[::-1]
        self._open: _OpenSegment | None = None
        self._number, self._digest = 0, START
        self._trusted = 0  # the number at which the last anchor agreed
        self.base = witnesses.base
        self.verified = self.agreed = 0

    def begin(self) -> Finding | None:
        """Stand at the start, or where records were dropped by retention."""
        retained = self._witnesses.retained
        if isinstance(retained, Finding):
            return retained
        if retained is not None:
            self._number = self._trusted = self.base
            self._digest, self.agreed = retained.digest, 1
        return None

    def step(self, row: Row[*tuple[Any, ...]]) -> Finding | None:
        """Verify the next link with its record, and the anchors that speak at its number."""
        finding = self._place(row) or self._content(row) or self._listed(row)
        if finding is not None:
            return finding
        self._number, self._digest = row.number, row.digest
        finding = self._anchored()
        self.verified += finding is None
        return finding

    def end(self) -> Finding | None:
        """Name an anchor that is damaged, or speaks of links behind the last one: the newest records are missing."""
        broken = next((said for _, said in self._heard if isinstance(said, Finding)), None)
        if broken is not None:
            return broken
        left = [said.name for _, said in self._heard if isinstance(said, Anchor)] + self._segments
        if not left:
            return None
        first, last = self._number + 1, max(left)
        sentence = f"records {first} to {last.number} are missing: the newest records were removed"
        if self._trusted < self._number:
            sentence += f" (or some from {self._trusted + 1} on, and the chain was computed anew)"
        return Finding(f"{sentence}, or an older copy of the database was restored", first, None, last.key)

    def _place(self, row: Row[*tuple[Any, ...]]) -> Finding | None:
        expected = self._number + 1
        if row.number < expected:
            return Finding(f"the chain forks: there is another link {row.number}", row.number, row.record_id)
        if row.number == expected:
            return None
        declared = self._witnesses.resumed.get(row.number)
        if declared is not None:
            before = (declared.content["from"], declared.content["from_digest"])
            if before == (self._number, self._digest.hex()):
                return None
        return Finding(f"the link is missing, as are all up to {row.number - 1}", expected)

    def _content(self, row: Row[*tuple[Any, ...]]) -> Finding | None:
        if row.id is None:
            return Finding(f"its record {row.record_id} is missing", row.number, row.record_id)
        content = record_digest(row)
        if content != row.record_digest:
            return Finding(f"its record {row.record_id} was changed", row.number, row.record_id)
        if link_digest(self._digest, row.number, row.record_id, content, row.chained_at) == row.digest:
            return None
        return Finding("the link was changed, or another one stood here", row.number, row.record_id)

    def _listed(self, row: Row[*tuple[Any, ...]]) -> Finding | None:
        """Hold a record's digest against the list of the segment that it belongs to."""
        while self._open is None and self._segments:
            said = self._witnesses.read(self._segments[-1])
            if isinstance(said, Finding):
                return said
            if said is None:
                self._segments.pop()
            else:
                self._open = _OpenSegment(said)
        if self._open is None or self._open.agrees(row.number, row.record_digest):
            return None
        sentence = f"its record {row.record_id} was changed or exchanged, and the chain computed anew"
        return Finding(sentence, row.number, row.record_id, self._open.anchor.name.key)

    def _anchored(self) -> Finding | None:
        """Hold the digest against every anchor that speaks at this number."""
        speaking: list[Anchor] = []
        while self._heard and self._heard[-1][0] <= self._number:
            said = self._heard.pop()[1]
            if isinstance(said, Finding):
                return said
            speaking.append(said)
        if self._open is not None and self._open.last <= self._number:
            speaking.append(self._open.anchor)
            self._segments.pop()
            self._open = None
        for anchor in speaking:
            if (anchor.name.number, anchor.digest) != (self._number, self._digest):
                return self._rewritten(anchor)
        self.agreed += len(speaking)
        self._trusted = self._number if speaking else self._trusted
        return None

    def _rewritten(self, anchor: Anchor) -> Finding:
        first = self._trusted + 1
        sentence = (
            f"records {first} to {anchor.name.number} are not those that were anchored: one was changed, removed or"
            " inserted and the chain computed anew, or an older copy of the database was restored"
        )
        return Finding(sentence, first, None, anchor.name.key)
