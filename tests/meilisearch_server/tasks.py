"""Tasks: enqueued at once, done one after the other by a thread that takes its time, kept with their outcome."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from tests.meilisearch_server.index import now
from tests.meilisearch_server.problems import ProblemError, shape

Work = Callable[[], dict[str, Any] | None]


class Tasks:
    """The queue. `fail_next` lets the next task of a type fail, as a full disk does; `hold` stops the work."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.all: list[dict[str, Any]] = []
        self._work: deque[tuple[dict[str, Any], Work]] = deque()
        self._changed = threading.Condition()
        self._failures: list[tuple[str, str]] = []
        self._held = self._stopped = False
        self._thread = threading.Thread(target=self._run, name="meilisearch-tasks", daemon=True)
        self._thread.start()

    def add(self, kind: str, index: str | None, work: Work, details: dict[str, Any]) -> dict[str, Any]:
        """Enqueue; the summary that the routes answer with. What `work` returns is added to the details."""
        with self._changed:
            task = {"uid": len(self.all), "batchUid": None, "indexUid": index, "status": "enqueued", "type": kind,
                    "error": None, "details": dict(details), "canceledBy": None, "duration": None,
                    "enqueuedAt": now(), "startedAt": None, "finishedAt": None}  # fmt: skip
            self.all.append(task)
            self._work.append((task, work))
            self._changed.notify_all()
        summary = {"taskUid": task["uid"], "indexUid": index, "status": "enqueued", "type": kind}
        return summary | {"enqueuedAt": task["enqueuedAt"]}

    def exchange_names(self, left: str, right: str) -> None:
        """Let the tasks that were done follow the indexes that changed names."""
        names = {left: right, right: left}
        for task in self.all:
            if task["finishedAt"] is not None:
                task["indexUid"] = names.get(task["indexUid"], task["indexUid"])

    def fail_next(self, kind: str, code: str) -> None:
        self._failures.append((kind, code))

    def hold(self) -> None:
        self._held = True

    def go_on(self) -> None:
        with self._changed:
            self._held = False
            self._changed.notify_all()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopped or (self._work and not self._held))
                if self._stopped:
                    return
                task, work = self._work.popleft()
            time.sleep(self.delay / 2)
            task |= {"status": "processing", "batchUid": task["uid"], "startedAt": now()}
            time.sleep(self.delay / 2)
            self._do(task, work)

    def _do(self, task: dict[str, Any], work: Work) -> None:
        outcome: dict[str, Any] = {"status": "succeeded"}
        try:
            self._maybe_fail(task["type"])
            task["details"] |= work() or {}
        except ProblemError as problem:
            outcome = {"status": "failed", "error": problem.body}
        except Exception as error:
            outcome = {"status": "failed", "error": shape("internal", repr(error))}
        task |= outcome | {"finishedAt": now(), "duration": "PT0.01S"}

    def _maybe_fail(self, kind: str) -> None:
        for failure in self._failures:
            if failure[0] == kind:
                self._failures.remove(failure)
                raise ProblemError(failure[1], "This failure was asked for.")
