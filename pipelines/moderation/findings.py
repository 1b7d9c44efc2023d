"""Findings of the rules: a stable code, how heavy it weighs, and sentences for the seller (`findings.toml`)."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Self


class Weight(StrEnum):
    """The consequence of a finding for a private ad."""

    REJECT = "reject"  # a clear breach: the ad is rejected
    DOUBT = "doubt"  # a person has to look
    NOTE = "note"  # told to moderators, and holds nothing up


class FindingCode(StrEnum):
    """The kinds of findings, and the reasons that moderators give; `findings.toml` has their sentences."""

    CONTACT_PHONE = "contact_phone"
    CONTACT_EMAIL = "contact_email"
    CONTACT_LINK = "contact_link"
    CONTACT_IDENTITY = "contact_identity"
    CONTACT_LIKELY = "contact_likely"
    WORDS_ABUSIVE = "words_abusive"
    WORDS_ILLEGAL = "words_illegal"
    WORDS_DOUBTFUL = "words_doubtful"
    DOUBLE_CERTAIN = "double_certain"
    DOUBLE_LIKELY = "double_likely"
    PHOTO_SEEN_ELSEWHERE = "photo_seen_elsewhere"
    PRICE_TOO_LOW = "price_too_low"
    PRICE_TOO_HIGH = "price_too_high"
    PRICE_MISSING = "price_missing"
    PRICE_UNJUDGED = "price_unjudged"
    DESCRIPTION_MISSING = "description_missing"
    PHOTOS_MISLEADING = "photos_misleading"
    OTHER_REASON = "other_reason"
    RULES_FAILED = "rules_failed"
    CHANGED_CAR = "changed_car"


class Outcome(StrEnum):
    """The decision of the rules about an ad."""

    CLEAN = "clean"
    DOUBT = "doubt"
    BREACH = "breach"


@dataclass(frozen=True)
class Kind:
    """A kind of finding, with its sentence by language."""

    code: str
    weight: Weight
    en: str
    ur: str


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that a rule found, and in which field. The text itself is not repeated: it may name a person."""

    code: str
    field: str | None = None

    @property
    def kind(self) -> Kind:
        """The kind of the finding."""
        return kinds()[self.code]

    def as_json(self) -> dict[str, str | None]:
        """Return it as it is stored."""
        return {"code": self.code, "field": self.field}

    @classmethod
    def stored(cls, rows: Iterable[Mapping[str, str | None]]) -> list[Self]:
        """Read stored findings; those of kinds that are no longer known are left out."""
        return [cls(code, row.get("field")) for row in rows if (code := row.get("code")) in kinds() and code]


@cache
def kinds() -> Mapping[str, Kind]:
    """Read the kinds of findings, by code."""
    stored = tomllib.loads(files(__package__).joinpath("findings.toml").read_text("utf-8"))
    return {
        code: Kind(code, Weight(entry["weight"]), entry["en"].strip(), entry["ur"].strip())
        for code, entry in stored.items()
    }


def outcome_of(findings: Iterable[Finding]) -> Outcome:
    """Decide by the heaviest finding."""
    weights = {finding.kind.weight for finding in findings}
    if Weight.REJECT in weights:
        return Outcome.BREACH
    return Outcome.DOUBT if Weight.DOUBT in weights else Outcome.CLEAN
