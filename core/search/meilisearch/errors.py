"""Translate failures of Meilisearch and of its client to the platform's errors: retryable or permanent."""

from collections.abc import Iterator
from contextlib import contextmanager

from meilisearch.errors import MeilisearchApiError, MeilisearchError
from meilisearch.models.task import Task

from core.errors import AutomartError, PermanentError, RetryableError
from core.search.errors import SearchUnavailableError

REFUSED_KEY = (401, 403)
"""Statuses that mean: this key may not do that."""

_LATER = frozenset({"internal", "system"})  # error types of Meilisearch that are not the question's fault
_NOT_NOW = frozenset({408, 429})


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raise whatever a request can raise as an error of the platform.

    Raises:
        RetryableError: `search_unavailable` where the server does not answer, or not now.
        PermanentError: `search_key_refused`, or Meilisearch's own code as `meilisearch_<code>`.
    """
    try:
        yield
    except MeilisearchApiError as error:
        raise refusal(error.status_code, str(error.code), error.message) from error
    except (MeilisearchError, OSError, ValueError) as error:  # requests' and pydantic's errors are among these
        raise no_answer() from error


def is_transient(error: MeilisearchApiError) -> bool:
    """Tell whether the same request can succeed later."""
    return _is_later(error.status_code)


def task_failure(task: Task) -> AutomartError:
    """Return the error for a task that has not succeeded; its code is Meilisearch's own as `meilisearch_<code>`."""
    error = task.error or {}
    detail = f"Meilisearch's task {task.uid} ({task.type}) is {task.status}: {error.get('message', 'no reason given')}"
    code = f"meilisearch_{error.get('code', task.status)}"
    if task.status == "canceled" or error.get("type") in _LATER:
        return RetryableError(detail, code=code)
    return PermanentError(detail, code=code)


def refusal(status: int, code: str, message: str) -> AutomartError:
    """Return the error for an answer with a status from 400 on."""
    if status in REFUSED_KEY:
        return PermanentError(
            f"Meilisearch refuses MEILI_KEY ({code}). `automart search rebuild` says which actions the key lacks;"
            " docs/runbooks/search.md shows how to make one.",
            code="search_key_refused",
        )
    if code == "index_not_found":
        return no_index()
    if _is_later(status):
        return no_answer()
    return PermanentError(f"Meilisearch refuses the request: {message}", code=f"meilisearch_{code}")


def no_answer() -> SearchUnavailableError:
    """Return the error for a server that does not answer, or not now."""
    return SearchUnavailableError("The search server does not answer; try again.")


def _is_later(status: int) -> bool:
    return status >= 500 or status in _NOT_NOW


def no_index() -> SearchUnavailableError:
    """Return the error for an index that the server does not have."""
    return SearchUnavailableError("There is no search index: run `automart search rebuild` to build it.")
