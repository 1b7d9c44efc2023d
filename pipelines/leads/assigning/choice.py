"""Choose who gets a lead: a pure function of the lead, the rules and the people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from pipelines.leads.desk import DeskRule

NOBODY_ON_SHIFT: Final = "nobody_on_shift"
NOBODY_IN_BRANCH: Final = "nobody_in_branch"
ROUND_ROBIN: Final = "round_robin"
SAME_PERSON: Final = "same_person"
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Candidate:
    """A person who can be given leads; `branches` None: of all branches. Load and turn change as leads are given."""

    user_id: UUID
    branches: frozenset[UUID] | None = None
    weight: int = 1
    on_shift: bool = True
    open_leads: int = 0
    last_assigned: datetime | None = None

    def reaches(self, branch_id: UUID | None) -> bool:
        """Tell whether leads of a branch can be this person's."""
        return self.branches is None or branch_id is None or branch_id in self.branches

    def take(self, at: datetime) -> None:
        """Count one more lead."""
        self.open_leads += 1
        self.last_assigned = at


@dataclass(frozen=True)
class Wanted:
    """The facts of a lead by which a person is chosen for it.

    Args:
        branch_id: where the car stands.
        values: branch code, city, make and language, as the rules name them.
        preferred: who had it before, where the buyer comes back.
        avoided: who had it and did not answer.
    """

    branch_id: UUID | None = None
    branch: str | None = None
    city: str | None = None
    make: str | None = None
    language: str | None = None
    preferred: UUID | None = None
    avoided: UUID | None = None

    def fits(self, rule: DeskRule) -> bool:
        """Tell whether a rule is about this lead; letters' case makes no difference."""
        value: str | None = getattr(self, rule.by)
        return value is not None and value.casefold() in {each.casefold() for each in rule.values}


@dataclass(frozen=True)
class Choice:
    """The person who gets the lead and the rule by which; or the reason why nobody does."""

    candidate: Candidate | None
    reason: str


def choose(wanted: Wanted, rules: Sequence[DeskRule], people: Sequence[Candidate]) -> Choice:
    """Choose among those of the branch who are on shift: by the first rule that fits and names one of them, else all.

    Of several it is the one with the fewest open leads for the weight, then the one who has waited longest. Who did
    not answer gets it back only where nobody else is on shift.
    """
    pool = [each for each in people if each.reaches(wanted.branch_id)]
    present = [each for each in pool if each.on_shift]
    if not present:
        return Choice(None, NOBODY_ON_SHIFT if pool else NOBODY_IN_BRANCH)
    for each in present:
        if each.user_id == wanted.preferred:
            return Choice(each, SAME_PERSON)
    others = [each for each in present if each.user_id != wanted.avoided] or present
    for rule in rules:
        named = [each for each in others if each.user_id in rule.people]
        if named and wanted.fits(rule):
            return Choice(_next(named), f"by_{rule.by}")
    return Choice(_next(others), ROUND_ROBIN)


def _next(people: Sequence[Candidate]) -> Candidate:
    return min(people, key=lambda one: (one.open_leads / one.weight, one.last_assigned or _NEVER, one.user_id))
