"""Problems of the health operations."""

from api.contract.problems import NotReadyError, ProblemError

NOT_READY = NotReadyError(
    [ProblemError(where="search", code="search_unavailable", message="There is no search index: build it.")]
)
PROBLEMS = (NOT_READY,)
