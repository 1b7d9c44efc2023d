"""Use the official client safely: by several threads, without silent failures, with the platform's errors.

What the client leaves to its caller, and is done here once:

- it keeps the headers of the request under way in one dictionary, so two threads spoil each other's: one client a
  thread;
- `wait_for_task` gives up after 5 s, asks at one pace, and returns a failed task as it does a successful one: we wait
  as long as the settings say, with growing pauses, and look at the status;
- it opens a connection for every request: searches go over kept ones (`connection.py`);
- it raises errors of its own, of `requests` and of pydantic: `errors.py` makes each retryable or permanent.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from threading import local
from typing import Any

from meilisearch import Client
from meilisearch.errors import MeilisearchApiError
from meilisearch.index import Index
from meilisearch.models.task import Task, TaskInfo

from core.errors import AutomartError, InvalidInputError, RetryableError
from core.search.meilisearch.connection import KeptConnections
from core.search.meilisearch.errors import REFUSED_KEY, is_transient, task_failure, translate_errors

_REQUEST_SECONDS = 10  # a server that hangs must not hold the threads of the API for long
_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 1.0  # seconds between two looks at a task; each pause is half as long again
_CHANGES = ["documentAdditionOrUpdate", "documentDeletion"]
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")
_MISSING = ("index_not_found", "document_not_found")
_DONE = ("succeeded", "failed", "canceled")


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
        self._task_seconds = task_seconds
        self._threads = local()
        self._kept = KeptConnections(self._url, key)

    @property
    def client(self) -> Client:
        """Return this thread's client."""
        client: Client | None = getattr(self._threads, "client", None)
        if client is None:
            client = self._threads.client = Client(self._url, self._key, timeout=_REQUEST_SECONDS)
        return client

    def index(self, uid: str) -> Index:
        """Return a handle on an index, whether the index exists or not."""
        return self.client.index(uid)

    def multi_search(self, queries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Send several searches in one round trip; return their answers in the same order."""
        found: list[dict[str, Any]] = self._kept.ask("POST", "multi-search", {"queries": list(queries)})["results"]
        return found

    def updated_at(self, uid: str) -> str:
        """Return when an index was last changed, as the server writes it."""
        return str(self._kept.ask("GET", f"indexes/{uid}")["updatedAt"])

    def document(self, uid: str, document_id: str, fields: Sequence[str] = ()) -> dict[str, Any] | None:
        """Read a document of an index, or these fields of it; None where there is no such index or document."""
        with translate_errors():
            try:
                asked = {"fields": list(fields)} if fields else None
                return dict(iter(self.index(uid).get_document(document_id, asked)))
            except MeilisearchApiError as error:
                if error.code not in _MISSING:
                    raise
        return None

    def seconds_of_batches(self, uid: str, limit: int) -> list[float]:
        """Return how long the last tasks that changed documents took, by the server's own account; the newest first."""
        asked = {"indexUids": [uid], "types": _CHANGES, "statuses": ["succeeded"], "limit": limit}
        with translate_errors():
            tasks = self.client.get_tasks(asked).results
        return [seconds_of(task.duration) for task in tasks if task.duration]

    def index_names(self) -> list[str]:
        """List every index that the key may see."""
        names: list[str] = []
        with translate_errors():
            while True:
                page = self.client.get_raw_indexes({"offset": len(names), "limit": 1000})
                found = [index["uid"] for index in page["results"]]  # type: ignore[call-overload]
                names += found
                if len(found) < 1000:
                    return names

    def disk_bytes(self) -> int:
        """Return how many bytes the server's whole database takes on its disk."""
        with translate_errors():
            return int(self.client.get_all_stats()["databaseSize"])

    def version(self) -> str | None:
        """Return the server's version; None where the key may not ask for it, as a key for some indexes may not."""
        with translate_errors():
            try:
                return str(self.client.get_version()["pkgVersion"])
            except MeilisearchApiError as error:
                if error.status_code not in REFUSED_KEY:
                    raise
        return None

    def allows(self, method: str, path: str, body: object = None) -> bool:
        """Tell whether the key may make this request: it is made, and may fail for any other reason."""
        request: Callable[..., Any] = getattr(self.client.http, method)
        with translate_errors():
            try:
                request(path) if body is None else request(path, body)
            except MeilisearchApiError as error:
                if is_transient(error):
                    raise
                return error.status_code not in REFUSED_KEY
        return True

    def wait(self, tasks: Sequence[TaskInfo]) -> None:
        """Wait until the tasks are done and have succeeded.

        Raises:
            RetryableError: `index_task_pending` where one is not done in time (it names the task, which goes on), or
                Meilisearch's own code where the server failed at it.
            PermanentError: Meilisearch's own code where the task can never succeed.
        """
        for info in tasks:
            task = self._wait_for(info.task_uid)
            if task.status != "succeeded":
                raise task_failure(task)

    def wait_for_earlier(self, uid: str) -> None:
        """Wait for tasks of this index that an earlier process left behind, whether they succeed or fail.

        That process has not moved its watermark, so the same listings are sent again after them.
        """
        with translate_errors():
            left = self.client.get_tasks({"indexUids": [uid], "statuses": ["enqueued", "processing"], "limit": 1000})
        for task in left.results:
            self._wait_for(task.uid)

    def wait_for_effect(self, task: TaskInfo, is_visible: Callable[[], bool], *, later: TaskInfo) -> None:
        """Wait until the effect of a task is visible, where the key may not see the task itself.

        Meilisearch does tasks in the order in which they came. So when `later`, a task sent after this one that the
        key may see, is done and there is no effect, the task has failed.

        Raises:
            RetryableError: `index_task_pending` where neither comes in time; `index_exchange_failed`, or Meilisearch's
                own code where the key may see the task after all.
            PermanentError: Meilisearch's own code where the task can never succeed.
        """
        deadline, pauses = time.monotonic() + self._task_seconds, _growing_pauses()
        while True:
            is_over = self._is_done(later.task_uid)  # asked first: what is visible now may have come in between
            if is_visible():
                return
            if is_over:
                raise self._failure(task)
            if time.monotonic() > deadline:
                raise self._pending(task.task_uid)
            time.sleep(next(pauses))

    def _wait_for(self, uid: int) -> Task:
        deadline, pauses = time.monotonic() + self._task_seconds, _growing_pauses()
        while True:
            with translate_errors():
                task = self.client.get_task(uid)
            if task.status in _DONE:
                return task
            if time.monotonic() > deadline:
                raise self._pending(uid)
            time.sleep(next(pauses))

    def _is_done(self, uid: int) -> bool:
        with translate_errors():
            return self.client.get_task(uid).status in _DONE

    def _failure(self, info: TaskInfo) -> AutomartError:
        with translate_errors():
            try:
                return task_failure(self.client.get_task(info.task_uid))
            except MeilisearchApiError as error:
                if error.code != "task_not_found":
                    raise
        return RetryableError(
            f"Meilisearch did not exchange the indexes; the index that answered before answers on. Its task"
            f" {info.task_uid} says why, to a key for all indexes. Run the same command again.",
            code="index_exchange_failed",
        )

    def _pending(self, uid: int) -> RetryableError:
        return RetryableError(
            f"Meilisearch has not finished task {uid} in {self._task_seconds:g} s. It goes on with it; look at"
            f" /tasks/{uid}, and run the same command again afterwards.",
            code="index_task_pending",
        )


def seconds_of(duration: str) -> float:
    """Read a duration as Meilisearch writes it; 0 for anything else.

    >>> seconds_of("PT0.25S"), seconds_of("PT1M2S")
    (0.25, 62.0)
    """
    found = _DURATION.fullmatch(duration)
    hours, minutes, seconds = (float(part or 0) for part in found.groups()) if found else (0.0, 0.0, 0.0)
    return 3600 * hours + 60 * minutes + seconds


def _growing_pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(1.5 * pause, _LONGEST_PAUSE)
