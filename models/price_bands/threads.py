"""Work side by side without changing a single bit of the result."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from typing import Any, TypeVar

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # it ships no types

_WORKERS = 2  # numpy and LightGBM let go of the interpreter while they work
T = TypeVar("T")


def in_parallel(tasks: Sequence[Callable[[], T]]) -> list[T]:
    """Run tasks side by side and return their results in order; which thread ran which makes no difference to them."""
    # Fits limit BLAS as well; the limit around them all keeps the end of one from lifting the limit of another.
    with single_blas_thread(), ThreadPoolExecutor(_WORKERS) as pool:
        return list(pool.map(lambda task: task(), tasks))


def single_blas_thread() -> AbstractContextManager[Any]:
    """Limit BLAS to one thread within a block: the last bits of a threaded sum depend on the number of threads."""
    limit: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limit


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
