"""The outcome of a verification of the audit trail."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Finding:
    """The first bad part of the trail: a number of the chain, a record or an anchor, and what is wrong with it."""

    problem: str
    number: int | None = None
    record_id: UUID | None = None
    anchor: str | None = None


@dataclass(frozen=True)
class ChainReport:
    """The number of links that were verified, and the first bad part; None where all is well.

    `waiting` counts committed records that the chain does not hold yet; `dropped` is the number up to which retention
    has dropped records; `anchors` counts the anchors that agree.
    """

    verified: int
    finding: Finding | None = None
    anchors: int = 0
    waiting: int = 0
    dropped: int = 0

    @property
    def first_bad(self) -> int | None:
        """The number of the first bad link."""
        return None if self.finding is None else self.finding.number

    @property
    def problem(self) -> str | None:
        """A sentence about the first bad part."""
        return None if self.finding is None else self.finding.problem
