"""The routes that the official client asks, with Meilisearch's answers and errors."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.meilisearch_server.index import Index
from tests.meilisearch_server.keys import Keys
from tests.meilisearch_server.problems import ProblemError
from tests.meilisearch_server.settings import check
from tests.meilisearch_server.store import Store, check_name
from tests.meilisearch_server.tasks import Tasks

Handler = Callable[[Request], Awaitable[Response]]
VERSION = "1.18.0"


class Routes:
    """The server's state, and a method a route."""

    def __init__(self, master_key: str | None, delay: float) -> None:
        self.keys = Keys(master_key)
        self.store = Store()
        self.tasks = Tasks(delay)
        self.version = VERSION
        self.bodies: list[Any] = []  # of every request that had one
        self.refusals: list[int] = []  # statuses that the next requests get, whatever they ask

    def app(self) -> Starlette:
        name = "/indexes/{uid}"
        table: list[tuple[str, str, str, Callable[..., Any]]] = [
            ("GET", "/health", "", self.health),
            ("GET", "/version", "version", self.get_version),
            ("GET", "/stats", "stats.get", self.all_stats),
            ("GET", "/keys", "keys.get", self.get_keys),
            ("POST", "/keys", "keys.create", self.post_keys),
            ("GET", "/tasks", "tasks.get", self.get_tasks),
            ("GET", "/tasks/{task:int}", "tasks.get", self.get_task),
            ("POST", "/multi-search", "", self.multi_search),
            ("POST", "/swap-indexes", "indexes.swap", self.swap),
            ("GET", "/indexes", "indexes.get", self.get_indexes),
            ("POST", "/indexes", "indexes.create", self.create),
            ("GET", name, "indexes.get", self.get_index),
            ("DELETE", name, "indexes.delete", self.delete),
            ("GET", name + "/stats", "stats.get", self.stats),
            ("GET", name + "/settings", "settings.get", self.get_settings),
            ("PATCH", name + "/settings", "settings.update", self.patch_settings),
            ("POST", name + "/documents", "documents.add", self.add),
            ("POST", name + "/documents/delete", "documents.delete", self.remove),
            ("GET", name + "/documents/{document}", "documents.get", self.document),
            ("POST", name + "/search", "search", self.search),
            ("POST", name + "/facet-search", "search", self.facet_search),
        ]
        return Starlette(routes=[Route(path, self._route(action, do), methods=[m]) for m, path, action, do in table])

    def _route(self, action: str, do: Callable[..., Any]) -> Handler:
        async def handle(request: Request) -> Response:
            try:
                self._maybe_refuse()
                body = await _body(request)
                if body:
                    self.bodies.append(body)
                uid = request.path_params.get("uid")
                token = request.headers.get("authorization")
                extra = self.keys.check(token, action, uid) if action else None
                answer = do(request, body, extra) if do in (self.search, self.facet_search) else do(request, body)
            except ProblemError as problem:
                return JSONResponse(problem.body, problem.status)
            status, content = answer if isinstance(answer, tuple) else (200, answer)
            return JSONResponse(content, status)

        return handle

    def _maybe_refuse(self) -> None:
        if self.refusals:
            raise ProblemError("internal", "The server is not well.", status=self.refusals.pop(0))

    def health(self, request: Request, body: Any) -> Any:
        return {"status": "available"}

    def get_version(self, request: Request, body: Any) -> Any:
        return {"commitSha": "0", "commitDate": "2026-01-01", "pkgVersion": self.version}

    def all_stats(self, request: Request, body: Any) -> Any:
        return {"databaseSize": 0, "lastUpdate": None, "indexes": {}}

    def get_keys(self, request: Request, body: Any) -> Any:
        return {"results": self.keys.made, "offset": 0, "limit": 20, "total": len(self.keys.made)}

    def post_keys(self, request: Request, body: Any) -> Any:
        return 201, self.keys.make(body)

    def get_tasks(self, request: Request, body: Any) -> Any:
        asked = {name: value.split(",") for name, value in request.query_params.items()}
        found = [
            task
            for task in reversed(self.tasks.all)
            if task["indexUid"] in asked.get("indexUids", [task["indexUid"]])
            and task["status"] in asked.get("statuses", [task["status"]])
        ]
        limit = int(asked.get("limit", ["20"])[0])
        page = found[:limit]
        following = page[-1]["uid"] - 1 if len(found) > limit else None
        return {"results": page, "total": len(found), "limit": limit, "from": 0, "next": following}

    def get_task(self, request: Request, body: Any) -> Any:
        number = request.path_params["task"]
        if number >= len(self.tasks.all):
            raise ProblemError("task_not_found", f"Task `{number}` not found.")
        return dict(self.tasks.all[number])

    def get_indexes(self, request: Request, body: Any) -> Any:
        offset, limit = (int(request.query_params.get(name, default)) for name, default in
                         (("offset", 0), ("limit", 20)))  # fmt: skip
        shown = [self._described(uid, self.store.indexes[uid]) for uid in sorted(self.store.indexes)]
        return {"results": shown[offset : offset + limit], "offset": offset, "limit": limit, "total": len(shown)}

    def get_index(self, request: Request, body: Any) -> Any:
        uid = request.path_params["uid"]
        return self._described(uid, self.store.get(uid))

    def create(self, request: Request, body: Any) -> Any:
        uid = check_name(body.get("uid"))
        return 202, self.tasks.add("indexCreation", uid, lambda: self.store.create(uid, body.get("primaryKey")))

    def delete(self, request: Request, body: Any) -> Any:
        uid = request.path_params["uid"]
        return 202, self.tasks.add("indexDeletion", uid, lambda: self.store.delete(uid))

    def swap(self, request: Request, body: Any) -> Any:
        for pair in body:
            if len(pair.get("indexes", [])) != 2:
                raise ProblemError("invalid_swap_indexes", "Two indexes must be given for each swap.")
        return 202, self.tasks.add("indexSwap", None, lambda: self.store.swap(body))

    def stats(self, request: Request, body: Any) -> Any:
        index = self.store.get(request.path_params["uid"])
        busy = any(task["status"] == "processing" for task in self.tasks.all)
        return {"numberOfDocuments": len(index.documents), "isIndexing": busy, "fieldDistribution": {}}

    def get_settings(self, request: Request, body: Any) -> Any:
        return self.store.get(request.path_params["uid"]).settings

    def patch_settings(self, request: Request, body: Any) -> Any:
        uid = check_name(request.path_params["uid"])
        check(body)
        return 202, self.tasks.add("settingsUpdate", uid, lambda: self.store.configure(uid, body))

    def add(self, request: Request, body: Any) -> Any:
        uid, primary_key = check_name(request.path_params["uid"]), request.query_params.get("primaryKey")
        documents = body if isinstance(body, list) else [body]
        if not documents or not all(isinstance(one, dict) for one in documents):
            raise ProblemError("malformed_payload", "The `json` payload provided is malformed.")
        work = lambda: self.store.add(uid, documents, primary_key)  # noqa: E731
        return 202, self.tasks.add("documentAdditionOrUpdate", uid, work)

    def remove(self, request: Request, body: Any) -> Any:
        uid = request.path_params["uid"]
        if not body.get("filter"):
            raise ProblemError("invalid_document_filter", "Sending an empty filter is forbidden.")
        return 202, self.tasks.add("documentDeletion", uid, lambda: self.store.remove(uid, body["filter"]))

    def document(self, request: Request, body: Any) -> Any:
        index = self.store.get(request.path_params["uid"])
        found = index.documents.get(request.path_params["document"])
        if found is None:
            raise ProblemError("document_not_found", f"Document `{request.path_params['document']}` not found.")
        return index.shown(found)

    def search(self, request: Request, body: Any, extra: Any) -> Any:
        with self.store.lock:
            return self.store.get(request.path_params["uid"]).search(body, extra)

    def facet_search(self, request: Request, body: Any, extra: Any) -> Any:
        with self.store.lock:
            return self.store.get(request.path_params["uid"]).facet_search(body, extra)

    def multi_search(self, request: Request, body: Any) -> Any:
        results = []
        with self.store.lock:
            for query in body["queries"]:
                uid = check_name(query.get("indexUid"))
                extra = self.keys.check(request.headers.get("authorization"), "search", uid)
                results.append({"indexUid": uid} | self.store.get(uid).search(query, extra))
        return {"results": results}

    @staticmethod
    def _described(uid: str, index: Index) -> dict[str, Any]:
        return {"uid": uid, "createdAt": index.created_at, "updatedAt": index.updated_at,
                "primaryKey": index.primary_key}  # fmt: skip


async def _body(request: Request) -> Any:
    raw = await request.body()
    if request.method in ("GET", "DELETE") or not raw:
        return {}
    if request.headers.get("content-type", "").split(";")[0] != "application/json":
        raise ProblemError("invalid_content_type", "The Content-Type must be application/json.", status=415)
    try:
        return json.loads(raw)
    except ValueError as error:
        raise ProblemError("malformed_payload", "The json payload provided is malformed.") from error
