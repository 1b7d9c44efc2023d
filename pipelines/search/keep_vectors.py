"""Keep the vectors of search by meaning level: all listings when the loop starts, and from then on those that change.

Changes come from the outbox. Its position is kept although nothing is embedded where `SEARCH_SEMANTIC` is off, so that
no event waits for a loop that nobody wants; hence the comparison of all listings when it starts.
"""

from collections.abc import Callable
from itertools import islice
from uuid import UUID

from core.outbox.follow import IdleMoves
from core.outbox.reader import OutboxReader
from core.platform import Platform
from core.search.embedding import Embedder, VectorStore, open_embedder
from core.work.loop import Turn
from pipelines.search.consumers import VECTORS
from pipelines.search.embed import AT_ONCE, embed_changed, in_parts, live_sentences


def keeping_vectors(platform: Platform) -> Callable[[Turn], bool]:
    """Make the turn of the loop; it does nothing where the setting is off.

    Raises:
        InvalidInputError: `semantic_not_installed`.
    """
    if not platform.settings.search_semantic:
        return _passing()
    return VectorKeeper(VectorStore(platform.settings.vectors_dir), open_embedder()).turn


def _passing() -> Callable[[Turn], bool]:
    idle_moves = IdleMoves()

    def turn(work: Turn) -> bool:
        if idle_moves.due:
            with work.transaction() as session:
                reader = OutboxReader(session, VECTORS)
                reader.move(reader.now())
            idle_moves.moved()
        return False

    return turn


class VectorKeeper:
    """Brings the vectors level, some hundred listings a turn; an addition is repeated where the process dies."""

    def __init__(self, store: VectorStore, embedder: Embedder) -> None:
        self._store, self._embedder = store, embedder
        self._waiting: dict[UUID, str] | None = None  # None: not compared yet
        self._idle_moves = IdleMoves()

    def turn(self, work: Turn) -> bool:
        """Do a part; tell whether more waits."""
        if self._waiting is None:
            self._waiting = self._compared(work)
            return True
        if self._waiting:
            part = dict(islice(self._waiting.items(), AT_ONCE))
            self._store.update(part, (), self._embedder)
            for one in part:
                del self._waiting[one]
            return True
        return self._changes(work)

    def _compared(self, work: Turn) -> dict[UUID, str]:
        """Compare all listings with the set; changes from here on are given by the outbox."""
        with work.transaction() as session:
            reader = OutboxReader(session, VECTORS)
            now = reader.now()
            sentences = live_sentences(session)
            reader.move(now)
        wanted = self._store.difference(sentences, self._embedder.name)
        if wanted.gone:
            self._store.update({}, wanted.gone, self._embedder)
        return wanted.changed

    def _changes(self, work: Turn) -> bool:
        with work.transaction() as session:
            reader = OutboxReader(session, VECTORS)
            changed = reader.changed(reader.position())
            live, gone = embed_changed(session, changed.subject_ids)
            if not changed.events and self._idle_moves.due:
                reader.move(reader.now())
                self._idle_moves.moved()
        if not changed.events:
            return False
        self._add(live, gone)
        with work.transaction() as session:
            OutboxReader(session, VECTORS).move(changed.position)
        return False

    def _add(self, live: dict[UUID, str], gone: list[UUID]) -> None:
        """Put in what differs from the set: a price that fell a little changes no sentence."""
        present = self._store.difference(live, self._embedder.name).changed
        known = self._store.current()
        left = [one for one in gone if known is not None and one.bytes in known.places]
        if left:
            self._store.update({}, left, self._embedder)
        for part in in_parts(present):
            self._store.update(part, (), self._embedder)
