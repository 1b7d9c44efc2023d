"""Describe the answer times that an organisation promises its buyers, for one type of lead."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from core.states.leads import CLOSING, LeadState
from pipelines.leads.sla.errors import BadSlaPolicyError

LONGEST_MINUTES = 525_600


class ClockKind(StrEnum):
    """The promises that are timed."""

    FIRST_ANSWER = "first_answer"
    NEXT_ANSWER = "next_answer"
    RESOLUTION = "resolution"


def _in_order(percents: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(percents)) != len(percents):
        raise ValueError("each percentage is given once")
    return tuple(sorted(percents))


def _open_states(states: frozenset[LeadState]) -> frozenset[LeadState]:
    if ended := sorted(states & CLOSING):
        raise ValueError(f"{', '.join(ended)} ends every clock and cannot pause one")
    return states


Percent = Annotated[int, Field(ge=1, le=99)]


class ClockPolicy(BaseModel):
    """Working minutes until the promise is broken, and the shares of them at which to warn."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    minutes: Annotated[int, Field(ge=1, le=LONGEST_MINUTES)]
    warn_at: Annotated[tuple[Percent, ...], Field(max_length=10, strict=False), AfterValidator(_in_order)] = (50, 80)


class SlaPolicy(BaseModel):
    """The promises of one organisation for one type of lead; a promise left out is not made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first_answer: ClockPolicy | None = None
    next_answer: ClockPolicy | None = None
    resolution: ClockPolicy | None = None
    pausing_states: Annotated[frozenset[LeadState], AfterValidator(_open_states)] = frozenset()

    def of(self, kind: ClockKind) -> ClockPolicy | None:
        """Give the promise of one kind."""
        promises = {
            ClockKind.FIRST_ANSWER: self.first_answer,
            ClockKind.NEXT_ANSWER: self.next_answer,
            ClockKind.RESOLUTION: self.resolution,
        }
        return promises[kind]


def policy_of(value: object) -> SlaPolicy:
    """Check a policy that was parsed from JSON.

    Raises:
        BadSlaPolicyError: it says something impossible.
    """
    try:
        return SlaPolicy.model_validate(value)
    except ValidationError as error:
        raise BadSlaPolicyError([f"{'.'.join(map(str, fault['loc'])) or 'the policy'}: {fault['msg']}"
                                 for fault in error.errors()]) from error  # fmt: skip
