"""A background loop as a domain declares it (`<domain>/loops.py`), and what each of its turns is given."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from core.errors import InvalidInputError
from core.gathering import gather
from core.platform import Platform


class Turn(Protocol):
    """The means by which a turn does its work."""

    def transaction(self) -> AbstractContextManager[Session]:
        """Open a transaction in which no other process does work of this loop; it commits at the end, or rolls back.

        Raises:
            LeaseLostError: another process has taken the loop over; nothing was begun.
        """

    @property
    def stopping(self) -> bool:
        """Whether the process is about to end, or the loop is no longer its own: a long turn should end early."""


@dataclass(frozen=True)
class Loop:
    """Work that is looked for again and again, and done by one process at a time.

    `start` is called when a process has claimed the loop, and gives the function of one turn. A turn does a small part
    of what there is and says whether more waits. What it writes to the database, it writes through
    `Turn.transaction`; what it does elsewhere must stand being repeated, since a process can die before it commits.
    """

    name: str  # domain, a dot, what it does: "search.follow"
    start: Callable[[Platform], Callable[[Turn], bool]]
    pause_seconds: float = 0.5  # between looks, where the last one found nothing more
    lease_seconds: float = 15.0  # how long a process that is gone keeps others waiting
    longest_seconds: float = 600.0  # of one turn: one that hangs is given up

    @property
    def domain(self) -> str:
        """The part of the name that `--only` takes."""
        return self.name.split(".", 1)[0]


def declared_loops(package: str | tuple[str, ...], only: Collection[str] = ()) -> tuple[Loop, ...]:
    """Gather the loops that the domains of packages declare; `only` those of some domains, or some loops by name.

    Those of `serving` are loops that decide as services do.

    Raises:
        InvalidInputError: `unknown_loop`.
        ValueError: two loops have one name, and so would share a claim.
    """
    packages = (package,) if isinstance(package, str) else package
    found = tuple(loop for each in packages for loop in gather(each, "loops", Loop))
    names = [loop.name for loop in found]
    if len(set(names)) < len(names):
        raise ValueError(f"Two loops have one name: {', '.join(sorted(names))}.")
    known = {*names, *(loop.domain for loop in found)}
    if unknown := sorted(set(only) - known):
        raise InvalidInputError(
            f"There is no loop or domain {', '.join(unknown)}; there are {', '.join(sorted(known))}.",
            code="unknown_loop",
        )
    return tuple(loop for loop in found if not only or {loop.name, loop.domain} & set(only))
