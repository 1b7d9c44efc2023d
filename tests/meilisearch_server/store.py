"""Apply tasks to the indexes."""

import json
import re
import threading
from typing import Any

from tests.meilisearch_server.documents import Stored, meets
from tests.meilisearch_server.grammar import FilterError
from tests.meilisearch_server.index import Index, now, read_filter
from tests.meilisearch_server.problems import ProblemError
from tests.meilisearch_server.settings import check, merged

_ID = re.compile(r"[A-Za-z0-9_-]{1,511}")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,400}")
_BAD_ID = (
    "Document identifier `{}` is invalid. A document identifier can be of type integer or string, only composed of"
    " alphanumeric characters (a-z A-Z 0-9), hyphens (-) and underscores (_), and can not be more than 511 bytes."
)


class Store:
    """The indexes by name. Everything that changes them goes through a task."""

    def __init__(self) -> None:
        self.indexes: dict[str, Index] = {}
        self.lock = threading.RLock()

    def get(self, name: str) -> Index:
        if name not in self.indexes:
            raise ProblemError("index_not_found", f"Index `{name}` not found.")
        return self.indexes[name]

    def create(self, name: str, primary_key: str | None) -> None:
        with self.lock:
            if name in self.indexes:
                raise ProblemError("index_already_exists", f"Index `{name}` already exists.")
            self.indexes[name] = Index(primary_key)

    def delete(self, name: str) -> dict[str, Any]:
        with self.lock:
            self.get(name)
            return {"deletedDocuments": len(self.indexes.pop(name).documents)}

    def configure(self, name: str, change: dict[str, Any]) -> None:
        check(change)
        with self.lock:
            index = self.indexes.setdefault(name, Index())
            index.settings = merged(index.settings, change)
            index.updated_at = now()

    def add(self, name: str, documents: list[dict[str, Any]], primary_key: str | None) -> dict[str, Any]:
        with self.lock:
            index = self.indexes.setdefault(name, Index())  # as Meilisearch does: an unknown name makes an index
            index.primary_key = index.primary_key or primary_key or "id"
            ready = {}
            for document in documents:
                if index.primary_key not in document:
                    shown = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
                    raise ProblemError(
                        "missing_document_id", f"Document doesn't have a `{index.primary_key}` attribute: `{shown}`."
                    )
                identifier = str(document[index.primary_key])
                if not _ID.fullmatch(identifier):
                    raise ProblemError("invalid_document_id", _BAD_ID.format(json.dumps(identifier)))
                ready[identifier] = Stored(document)
            index.documents |= ready
            index.updated_at = now()
        return {"indexedDocuments": len(ready)}

    def remove(self, name: str, given: Any) -> dict[str, Any]:
        with self.lock:
            index = self.get(name)
            tree = index._read(given)
            gone = [one for one, stored in index.documents.items() if tree is not None and meets(stored, tree)]
            for identifier in gone:
                del index.documents[identifier]
            index.updated_at = now()
        return {"deletedDocuments": len(gone)}

    def swap(self, pairs: list[dict[str, Any]]) -> None:
        with self.lock:
            for pair in pairs:
                left, right = pair["indexes"]
                if pair.get("rename"):
                    if right in self.indexes:
                        raise ProblemError("index_already_exists", f"Index `{right}` already exists.")
                    self.get(left)
                    self.indexes[right] = self.indexes.pop(left)
                else:
                    self.get(left), self.get(right)
                    self.indexes[left], self.indexes[right] = self.indexes[right], self.indexes[left]


def check_name(name: Any) -> str:
    """An index's name, or the error that Meilisearch has for it."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ProblemError("invalid_index_uid", f"`{name}` is not a valid index uid.")
    return name


def read_deletion(given: Any) -> None:
    """Refuse a deletion by something that is no filter."""
    try:
        read_filter(given)
    except FilterError as error:
        raise ProblemError("invalid_document_filter", str(error)) from error
