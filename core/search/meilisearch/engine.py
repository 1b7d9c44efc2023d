"""`SearchEngine` over Meilisearch.

    listings_v<version>          answers; one document in it names the generation, and the index that it replaced
    listings_v<version>_<generation>  built aside; after the exchange it holds what answered before, for `rollback`

`swap_indexes` exchanges documents and settings of two names in one task, so a search sees the one or the other. The
name carries the schema's version: while a release rolls out, old and new code each find an index of their own.
"""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from core.errors import AutomartError
from core.search.errors import NoPreviousIndexError
from core.search.meilisearch.batches import MeilisearchBatch, MeilisearchRebuild
from core.search.meilisearch.client import MeilisearchServer
from core.search.meilisearch.errors import no_index, translate_errors
from core.search.meilisearch.expressions import NOTHING
from core.search.meilisearch.index_settings import index_settings
from core.search.meilisearch.rights import require_rights
from core.search.meilisearch.schema import ABOUT, GENERATION, ID, PREVIOUS, SCHEMA_VERSION, about
from core.search.meilisearch.view import MeilisearchView
from core.search.single_writer import single_writer


def index_name(name: str) -> str:
    """Return the name of the index that answers, where MEILI_INDEX is `name`."""
    return f"{name}_v{SCHEMA_VERSION}"


class MeilisearchEngine(MeilisearchView):
    """Implements `core.search.engine.SearchEngine`.

    The lock file keeps writers of this machine apart; those of several machines are kept apart by the sync's lock in
    the database. Tasks are done in the order in which they came.
    """

    def __init__(self, server: MeilisearchServer, name: str, lock_file: Path, *, lock_timeout: float = 30.0) -> None:
        super().__init__(server, index_name(name))
        self._lock_file = lock_file
        self._lock_timeout = lock_timeout

    @contextmanager
    def updating(self) -> Iterator[MeilisearchBatch]:
        """See the protocol; but a failing server can leave a part of the changes (`MeilisearchBatch`)."""
        with self._locked():
            self._server.wait_for_earlier(self._name)
            present = self._server.document(self._name, ABOUT)
            if present is None:
                raise no_index()
            batch = MeilisearchBatch(self._server, self._name, present)
            yield batch
            batch.finish()

    @contextmanager
    def rebuilding(self) -> Iterator[MeilisearchRebuild]:
        """See the protocol. The settings are in force before the first document comes."""
        with self._locked():
            require_rights(self._server, self._name)
            self._remove_unused()
            generation = uuid.uuid4().hex
            aside = f"{self._name}_{generation}"
            try:
                self._create(aside, generation)
                batch = MeilisearchRebuild(self._server, aside, about(generation))
                yield batch
                batch.finish()
            except BaseException:
                with suppress(AutomartError):  # a server that went away; the next rebuild sweeps
                    self._drop([aside])
                raise
            self._publish(aside, generation)
            self._remove_unused()

    def previous_id(self) -> str | None:
        """See the protocol."""
        previous = self._previous()
        return None if previous is None else str(previous[GENERATION])

    def rollback(self) -> str:
        """See the protocol."""
        with self._locked():
            previous = self._previous()
            if previous is None:
                raise NoPreviousIndexError
            aside, wanted = str(previous["index"]), str(previous[GENERATION])
            self._describe(aside, {"index": aside, GENERATION: str(self.index_id())})
            self._exchange({"indexes": [self._name, aside]}, wanted)
            return wanted

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with single_writer(self._lock_file, timeout=self._lock_timeout):
            yield

    def _create(self, aside: str, generation: str) -> None:
        with translate_errors():
            self._server.wait([self._server.client.create_index(aside, {"primaryKey": ID})])
            self._server.wait([self._server.index(aside).update_settings(index_settings())])
            self._server.wait([self._server.index(aside).add_documents([about(generation)])])

    def _publish(self, aside: str, generation: str) -> None:
        replaced = self.index_id()
        self._describe(aside, replaced and {"index": aside, GENERATION: replaced})
        if self._name in self._server.index_names():
            self._exchange({"indexes": [self._name, aside]}, generation)
        else:
            self._exchange({"indexes": [aside, self._name], "rename": True}, generation)

    def _previous(self) -> dict[str, Any] | None:
        """Read what the answering index replaced, if that is still there."""
        answering = self._server.document(self._name, ABOUT, [GENERATION, PREVIOUS]) or {}
        named: dict[str, Any] | None = answering.get(PREVIOUS)
        kept = None if named is None else self._server.document(named["index"], ABOUT, [GENERATION])
        return named if named is not None and kept and kept[GENERATION] == named[GENERATION] else None

    def _describe(self, name: str, previous: object) -> None:
        """Write into the document about an index what it replaces."""
        present = self._server.document(name, ABOUT) or {}
        with translate_errors():
            self._server.wait([self._server.index(name).add_documents([present | {PREVIOUS: previous}])])

    def _exchange(self, pair: dict[str, Any], generation: str) -> None:
        """Exchange two names, and wait until this generation answers.

        The task of an exchange belongs to no single index, so Meilisearch hides it from a key of some indexes. The
        generation that the answering index names is looked at instead, and a deletion of nothing is sent behind the
        exchange, to learn when its turn has passed.
        """
        with translate_errors():
            exchange = self._server.client.swap_indexes([pair])
            behind = self._server.index(self._name).delete_documents(filter=NOTHING)
        self._server.wait_for_effect(exchange, lambda: self.index_id() == generation, later=behind)

    def _remove_unused(self) -> None:
        """Remove indexes of this name that neither answer nor are kept, such as those of a killed rebuild."""
        previous = self._previous()
        ours = re.compile(re.escape(self._name) + "_[0-9a-f]{32}")
        keep = None if previous is None else previous["index"]
        self._drop([name for name in self._server.index_names() if ours.fullmatch(name) and name != keep])

    def _drop(self, names: list[str]) -> None:
        with translate_errors():
            self._server.wait([self._server.client.delete_index(name) for name in names])
