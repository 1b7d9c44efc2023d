"""Describe findings and cases for owners and moderators."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from pipelines.moderation.findings import Finding, FindingCode, Weight

__all__ = ["CaseKind", "CaseOutcome", "Decider", "FindingCode", "FindingView", "Weight"]


class CaseKind(StrEnum):
    """Why a listing is in review."""

    SUBMISSION = "submission"
    EDIT = "edit"
    RECALL = "recall"
    APPEAL = "appeal"


class CaseOutcome(StrEnum):
    """The outcome of a case; `left`: its owner took the listing back."""

    APPROVED = "approved"
    REJECTED = "rejected"
    LEFT = "left"


class Decider(StrEnum):
    """The kind of decider of a case."""

    RULES = "rules"
    PERSON = "person"


@dataclass(frozen=True)
class FindingView:
    """A finding with its sentences."""

    code: FindingCode
    weight: Weight
    field: str | None
    text_en: str
    text_ur: str

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """Make it from a finding."""
        kind = finding.kind
        return cls(FindingCode(kind.code), kind.weight, finding.field, kind.en, kind.ur)

    @classmethod
    def all(cls, findings: Iterable[Finding]) -> list[Self]:
        """Make them from findings."""
        return [cls.of(finding) for finding in findings]
