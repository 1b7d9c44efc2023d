"""The official client made safe: for threads, for its silent failures, and in the platform's errors.

What the client leaves to its caller, and is done here once:

- it keeps the headers of the request under way in one dictionary, so two threads spoil each other's: one client a
  thread;
- `wait_for_task` gives up after 5 s, and returns a failed task as it does a successful one: we wait as long as the
  settings say and look at the status;
- it raises errors of its own, of `requests` and of pydantic: each becomes retryable or permanent here.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import local
from typing import Any

from meilisearch import Client
from meilisearch.errors import MeilisearchApiError, MeilisearchError, MeilisearchTimeoutError
from meilisearch.index import Index
from meilisearch.models.task import Task, TaskInfo

from core.errors import AutomartError, InvalidInputError, PermanentError, RetryableError

_REQUEST_SECONDS = 10  # a server that hangs must not hold the threads of the API for long
_POLL_MS = 20
_LATER = frozenset({"internal", "system"})  # error types of Meilisearch that are not the question's fault
_NOT_NOW = frozenset({408, 429})
_MISSING = ("index_not_found", "document_not_found")


class MeilisearchServer:
    """One Meilisearch, by address and key.

    Raises:
        InvalidInputError: `invalid_meili_url` for an address that is not http:// or https://.
    """

    def __init__(self, url: str, key: str | None, *, task_seconds: float = 600.0) -> None:
        if not url.startswith(("http://", "https://")):
            raise InvalidInputError(
                "MEILI_URL must start with http:// or https://, such as http://127.0.0.1:7700.",
                code="invalid_meili_url",
            )
        self._url = url.rstrip("/")
        self._key = key
        self._task_ms = int(task_seconds * 1000)
        self._threads = local()

    @property
    def client(self) -> Client:
        """This thread's client."""
        client: Client | None = getattr(self._threads, "client", None)
        if client is None:
            client = self._threads.client = Client(self._url, self._key, timeout=_REQUEST_SECONDS)
        return client

    def index(self, uid: str) -> Index:
        """An index by name, whether it exists or not."""
        return self.client.index(uid)

    def ask(self, queries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Several searches in one round trip, answered in their order."""
        with speaking():
            return self.client.multi_search(queries)["results"]

    def document(self, uid: str, document_id: str) -> dict[str, Any] | None:
        """A document of an index; None where there is no such index or document."""
        with speaking():
            try:
                return dict(iter(self.index(uid).get_document(document_id)))
            except MeilisearchApiError as error:
                if error.code not in _MISSING:
                    raise
        return None

    def index_names(self) -> list[str]:
        """Every index that the key may see."""
        names: list[str] = []
        with speaking():
            while True:
                page = self.client.get_raw_indexes({"offset": len(names), "limit": 1000})
                found = [index["uid"] for index in page["results"]]  # type: ignore[call-overload]
                names += found
                if len(found) < 1000:
                    return names

    def allows(self, path: str) -> bool:
        """Whether the key may read this route; for keys that must not."""
        with speaking():
            try:
                self.client.http.get(path)
            except MeilisearchApiError as error:
                if error.status_code not in (401, 403):
                    raise
                return False
        return True

    def wait(self, tasks: Sequence[TaskInfo]) -> None:
        """Wait until the tasks are done and have succeeded.

        Raises:
            RetryableError: `index_task_pending` where one is not done in time (it names the task, which goes on), or
                Meilisearch's own code where the server failed at it.
            PermanentError: Meilisearch's own code where the task can never succeed.
        """
        for task in tasks:
            self._finish(task.task_uid)

    def wait_for_earlier(self, uid: str) -> None:
        """Wait for tasks of this index that a process before us left behind; whether they succeeded is not asked.

        Whoever left them has not moved its watermark, so the same listings are sent again after them.
        """
        with speaking():
            left = self.client.get_tasks({"indexUids": [uid], "statuses": ["enqueued", "processing"], "limit": 1000})
        for task in left.results:
            self._done(task.uid)

    def _finish(self, uid: int) -> None:
        task = self._done(uid)
        if task.status != "succeeded":
            raise _failure(task)

    def _done(self, uid: int) -> Task:
        try:
            with speaking(waiting=True):
                return self.client.wait_for_task(uid, timeout_in_ms=self._task_ms, interval_in_ms=_POLL_MS)
        except MeilisearchTimeoutError as error:
            raise RetryableError(
                f"Meilisearch has not finished task {uid} in {self._task_ms / 1000:g} s. It goes on with it; look at"
                f" /tasks/{uid}, and run the same command again afterwards.",
                code="index_task_pending",
            ) from error


@contextmanager
def speaking(*, waiting: bool = False) -> Iterator[None]:
    """Everything that talking to the server can raise, as errors of the platform.

    While `waiting` for a task, a timeout is the wait's own and is passed on.

    Raises:
        RetryableError: `search_unavailable` where the server does not answer, or not now.
        PermanentError: `search_key_refused`, or Meilisearch's own code as `meilisearch_<code>`.
    """
    try:
        yield
    except MeilisearchApiError as error:
        raise _refusal(error) from error
    except MeilisearchTimeoutError as error:
        if waiting:
            raise
        raise _unavailable() from error
    except (MeilisearchError, OSError, ValueError) as error:  # requests' and pydantic's errors are among these
        raise _unavailable() from error


def _refusal(error: MeilisearchApiError) -> AutomartError:
    if error.status_code in (401, 403):
        return PermanentError(
            f"Meilisearch refuses MEILI_KEY ({error.code}): it needs a key for search, documents.*, indexes.*,"
            " settings.*, tasks.get, stats.get and version.",
            code="search_key_refused",
        )
    if error.code == "index_not_found":
        return _unavailable("There is no search index: run `automart search rebuild` to build it.")
    if error.status_code >= 500 or error.status_code in _NOT_NOW:
        return _unavailable()
    return PermanentError(f"Meilisearch refuses the request: {error.message}", code=f"meilisearch_{error.code}")


def _unavailable(detail: str = "The search server does not answer; try again.") -> RetryableError:
    return RetryableError(detail, code="search_unavailable")


def _failure(task: Task) -> AutomartError:
    error = task.error or {}
    detail = f"Meilisearch's task {task.uid} ({task.type}) is {task.status}: {error.get('message', 'no reason given')}"
    code = f"meilisearch_{error.get('code', task.status)}"
    if task.status == "canceled" or error.get("type") in _LATER:
        return RetryableError(detail, code=code)
    return PermanentError(detail, code=code)
