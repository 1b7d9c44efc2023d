"""The routes that the official client asks, with Meilisearch's answers and errors."""

import json
from collections import Counter
from typing import Any, NamedTuple
from uuid import uuid4

from tests.meilisearch_server.index import Index
from tests.meilisearch_server.keys import Access, Keys
from tests.meilisearch_server.problems import ProblemError
from tests.meilisearch_server.settings import check
from tests.meilisearch_server.store import Store, check_name, read_deletion
from tests.meilisearch_server.tasks import Tasks

VERSION = "1.50.0"
_SIZE = 4096  # a plausible number of bytes: nobody reads it


class Call(NamedTuple):
    """A request, checked: `access` is None on the routes that check for themselves."""

    path: dict[str, Any]
    query: dict[str, str]
    body: Any
    header: str | None
    access: Access | None

    @property
    def uid(self) -> str:
        """The index that the path names."""
        return check_name(self.path["uid"])

    def sees(self, index: str | None) -> bool:
        return self.access is None or self.access.reaches(index)


class Routes:
    """The server's state, and a method a route: its answer, or the status and the answer."""

    def __init__(self, master_key: str | None, delay: float) -> None:
        self.keys = Keys(master_key)
        self.store = Store()
        self.tasks = Tasks(delay)
        self.version = VERSION
        self.bodies: list[Any] = []  # of every request that had one
        self.calls: list[str] = []  # method and path of every request
        self.refusals: list[int] = []  # statuses that the next requests get, whatever they ask

    def maybe_refuse(self) -> None:
        if self.refusals:
            raise ProblemError("internal", "The server is not well.", status=self.refusals.pop(0))

    def health(self, call: Call) -> Any:
        return {"status": "available"}

    def get_version(self, call: Call) -> Any:
        return {"commitSha": "unknown", "commitDate": "unknown", "pkgVersion": self.version}

    def all_stats(self, call: Call) -> Any:
        shown = {uid: self._stats(uid) for uid in self.store.indexes if call.sees(uid)}
        return {"databaseSize": _SIZE, "usedDatabaseSize": _SIZE, "lastUpdate": None, "indexes": shown}

    def get_keys(self, call: Call) -> Any:
        limit = int(call.query.get("limit", 20))
        return {"results": self.keys.made[:limit], "offset": 0, "limit": limit, "total": len(self.keys.made)}

    def post_keys(self, call: Call) -> Any:
        return 201, self.keys.make(call.body)

    def delete_key(self, call: Call) -> Any:
        self.keys.delete(call.path["key"])
        return 204, None

    def get_tasks(self, call: Call) -> Any:
        asked = {name: value.split(",") for name, value in call.query.items()}
        found = [
            task
            for task in reversed(self.tasks.all)
            if task["indexUid"] in asked.get("indexUids", [task["indexUid"]])
            and task["status"] in asked.get("statuses", [task["status"]])
            and task["type"] in asked.get("types", [task["type"]])
        ]
        limit = int(asked.get("limit", ["20"])[0])
        # As recorded: the page is cut before what the key may not see is left out, and the total counts that as well.
        page = [task for task in found[: limit + 1] if call.sees(task["indexUid"])]
        following = page[limit]["uid"] if len(page) > limit else None
        first = page[0]["uid"] if page else None
        return {"results": page[:limit], "total": len(found), "limit": limit, "from": first, "next": following}

    def get_task(self, call: Call) -> Any:
        number = call.path["task"]
        if number >= len(self.tasks.all) or not call.sees(self.tasks.all[number]["indexUid"]):
            raise ProblemError("task_not_found", f"Task `{number}` not found.")
        return dict(self.tasks.all[number])

    def get_indexes(self, call: Call) -> Any:
        offset, limit = int(call.query.get("offset", 0)), int(call.query.get("limit", 20))
        shown = [self._described(uid, self.store.indexes[uid]) for uid in sorted(self.store.indexes) if call.sees(uid)]
        return {"results": shown[offset : offset + limit], "offset": offset, "limit": limit, "total": len(shown)}

    def get_index(self, call: Call) -> Any:
        return self._described(call.uid, self.store.get(call.uid))

    def create(self, call: Call) -> Any:
        uid, key = check_name(call.body.get("uid")), call.body.get("primaryKey")
        if not call.sees(uid):
            raise ProblemError("invalid_api_key", "The provided API key is invalid.")
        work = lambda: self.store.create(uid, key)  # noqa: E731
        return 202, self.tasks.add("indexCreation", uid, work, {"primaryKey": key})

    def delete(self, call: Call) -> Any:
        uid = call.uid
        return 202, self.tasks.add("indexDeletion", uid, lambda: self.store.delete(uid), {"deletedDocuments": 0})

    def swap(self, call: Call) -> Any:
        swaps = [{"indexes": pair.get("indexes", []), "rename": pair.get("rename", False)} for pair in call.body]
        names = Counter(check_name(name) for pair in swaps for name in pair["indexes"])
        if any(len(pair["indexes"]) != 2 for pair in swaps):
            raise ProblemError("invalid_swap_indexes", "Two indexes must be given for each swap.")
        if not all(call.sees(name) for name in names):
            raise ProblemError("invalid_api_key", "The provided API key is invalid.")
        if twice := [name for name, count in names.items() if count > 1]:
            raise ProblemError(
                "invalid_swap_duplicate_index_found",
                f"Indexes must be declared only once during a swap. `{twice[0]}` was specified several times.",
            )

        def work() -> None:
            self.store.swap(swaps)
            for pair in swaps:
                self.tasks.exchange_names(*pair["indexes"])

        return 202, self.tasks.add("indexSwap", None, work, {"swaps": swaps})

    def stats(self, call: Call) -> Any:
        return self._stats(call.uid)

    def get_settings(self, call: Call) -> Any:
        return self.store.get(call.uid).settings

    def patch_settings(self, call: Call) -> Any:
        uid, change = call.uid, call.body
        check(change)
        return 202, self.tasks.add("settingsUpdate", uid, lambda: self.store.configure(uid, change), change)

    def add(self, call: Call) -> Any:
        uid, primary_key = call.uid, call.query.get("primaryKey")
        documents = call.body if isinstance(call.body, list) else [call.body]
        if not documents or not all(isinstance(one, dict) for one in documents):
            raise ProblemError("malformed_payload", "The `json` payload provided is malformed.")
        work = lambda: self.store.add(uid, documents, primary_key)  # noqa: E731
        details = {"receivedDocuments": len(documents), "indexedDocuments": 0}
        return 202, self.tasks.add("documentAdditionOrUpdate", uid, work, details)

    def remove(self, call: Call) -> Any:
        uid, given = call.uid, call.body.get("filter")
        if not given:
            raise ProblemError("invalid_document_filter", "Sending an empty filter is forbidden.")
        read_deletion(given)
        details = {"providedIds": 0, "deletedDocuments": 0, "originalFilter": json.dumps(given, ensure_ascii=False)}
        return 202, self.tasks.add("documentDeletion", uid, lambda: self.store.remove(uid, given), details)

    def document(self, call: Call) -> Any:
        found = self.store.get(call.uid).documents.get(call.path["document"])
        if found is None:
            raise ProblemError("document_not_found", f"Document `{call.path['document']}` not found.")
        fields = call.query.get("fields", "*").split(",")
        return {name: value for name, value in found.document.items() if "*" in fields or name in fields}

    def search(self, call: Call) -> Any:
        assert call.access is not None
        with self.store.lock:
            found = self.store.get(call.uid).search(call.body, call.access.filter)
        return found | {"requestUid": str(uuid4())}

    def facet_search(self, call: Call) -> Any:
        assert call.access is not None
        with self.store.lock:
            return self.store.get(call.uid).facet_search(call.body, call.access.filter)

    def multi_search(self, call: Call) -> Any:
        results, request_uid = [], str(uuid4())
        with self.store.lock:
            for number, query in enumerate(call.body["queries"]):
                uid = check_name(query.get("indexUid"))
                access = self.keys.check(call.header, "search", uid)
                try:
                    found = self.store.get(uid).search(query, access.filter)
                except ProblemError as problem:
                    raise problem.in_query(number, uid) from problem
                results.append({"indexUid": uid} | found | {"requestUid": request_uid})
        return {"results": results}

    def _stats(self, uid: str) -> dict[str, Any]:
        documents = [one.document for one in self.store.get(uid).documents.values()]
        busy = any(task["status"] == "processing" and task["indexUid"] == uid for task in self.tasks.all)
        return {
            "numberOfDocuments": len(documents), "rawDocumentDbSize": _SIZE, "avgDocumentSize": _SIZE,
            "isIndexing": busy, "numberOfEmbeddings": 0, "numberOfEmbeddedDocuments": 0,
            "fieldDistribution": dict(Counter(name for document in documents for name in document)),
        }  # fmt: skip

    @staticmethod
    def _described(uid: str, index: Index) -> dict[str, Any]:
        return {"uid": uid, "createdAt": index.created_at, "updatedAt": index.updated_at,
                "primaryKey": index.primary_key}  # fmt: skip
