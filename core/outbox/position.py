"""Represent how far a consumer has read: database snapshots, and a place within a long backlog."""

from dataclasses import dataclass

NOTHING_SEEN = "1:1:"
"""A snapshot that saw no transaction."""


@dataclass(frozen=True)
class Position:
    """Every event whose transaction `seen` saw is handled, and of those that `target` saw besides, the ones up to
    `after_id` and `after_place`. Snapshots have PostgreSQL's text form, `xmin:xmax:running`."""

    seen: str = NOTHING_SEEN
    target: str | None = None
    after_id: int = 0
    after_place: int = 0

    def handled(self) -> "Position":
        """Return the position when everything up to the target is handled."""
        return Position(self.seen if self.target is None else self.target)


def seen_by(snapshot: str, own_xid: str | None) -> str:
    """Return the snapshot without the asking transaction.

    A snapshot does not name its own transaction, whose events are not read: where it has written already, everything
    from it on counts as unseen.
    """
    if own_xid is None:
        return snapshot
    low, high, running = snapshot.split(":")
    top = min(int(high), int(own_xid))
    others = [xid for xid in running.split(",") if xid and int(xid) < top]
    return f"{min(int(low), top)}:{top}:{','.join(others)}"
