"""Add and find organisations, their branches and the mapping that their files are read by."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db.tables import Branch, Org
from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.text.lines import is_line

CODE_PATTERN = r"^[a-z0-9][a-z0-9-]{1,62}$"
_CODE = re.compile(CODE_PATTERN)
_NAMED_AT_MOST = 12
ORG_KINDS = ("dealer", "marketplace", "partner", "platform")


@dataclass(frozen=True)
class BranchSpec:
    """A branch as its dealer describes it; `code` is what the feed calls it."""

    code: str
    name: str
    city: str | None = None


@dataclass(frozen=True)
class OrgSummary:
    """An organisation and its branches, as plain values."""

    code: str
    name: str
    kind: str
    default_mapping: str | None
    branches: tuple[BranchSpec, ...]


def get_org(session: Session, code: str) -> Org:
    """Return the organisation of this code.

    Raises:
        NotFoundError: code `unknown_dealer`; the sentence names known codes and the command that adds one.
    """
    org = session.scalars(select(Org).where(Org.code == code)).first() if _CODE.fullmatch(code) else None
    if org is None:
        known = list(session.scalars(select(Org.code).order_by(Org.code)))
        near = get_close_matches(code, known, n=_NAMED_AT_MOST, cutoff=0.6) or known[:_NAMED_AT_MOST]
        more = f" and {len(known) - len(near)} more" if len(known) > len(near) else ""
        raise NotFoundError(
            f"There is no dealer {code!r}; known: {', '.join(near) or 'none'}{more}. "
            "Add it with `automart dealers add CODE --name NAME`.",
            code="unknown_dealer",
        )
    return org


def add_org(
    session: Session,
    code: str,
    name: str,
    *,
    kind: str = "dealer",
    default_mapping: str | None = None,
) -> Org:
    """Add an organisation. The caller has made sure that the mapping exists.

    Raises:
        InvalidInputError: the code, a name or the kind is impossible.
        ConflictError: code `dealer_exists`.
    """
    _require(_CODE.fullmatch(code), _CODE_RULE.format(code))
    _require(is_line(name), f"A dealer's name is one line of text, not {name!r}.")
    _require(kind in ORG_KINDS, f"An organisation's kind is one of {', '.join(ORG_KINDS)}, not {kind!r}.")
    row = {"code": code, "name": name, "kind": kind, "default_mapping": default_mapping}
    statement = insert(Org).values(row).on_conflict_do_nothing(index_elements=["code"]).returning(Org)
    org = session.scalars(statement).first()
    if org is None:
        raise ConflictError(f"There is a dealer {code!r} already.", code="dealer_exists")
    return org


_CODE_RULE = "A dealer's code is 2 to 63 of a-z, 0-9 and -, such as khan-motors, not {!r}."


def ensure_org(
    session: Session,
    code: str,
    name: str,
    *,
    kind: str = "dealer",
    default_mapping: str | None = None,
) -> Org:
    """Return the organisation of this code, added where it is missing."""
    org = session.scalars(select(Org).where(Org.code == code)).first()
    if org is None:
        return add_org(session, code, name, kind=kind, default_mapping=default_mapping)
    return org


def ensure_branches(session: Session, org: Org, branches: Iterable[BranchSpec]) -> None:
    """Add the branches that the organisation lacks."""
    known = set(session.scalars(select(Branch.code).where(Branch.org_id == org.id)))
    for branch in branches:
        if branch.code not in known:
            add_branch(session, org, branch)


def add_branch(session: Session, org: Org, branch: BranchSpec) -> Branch:
    """Add a branch. Cars that name it are attached by the dealer's next delivery.

    Raises:
        InvalidInputError: the code or the name is not one line of text.
        ConflictError: code `branch_exists`.
    """
    labels = [branch.code, branch.name] + ([branch.city] if branch.city is not None else [])
    for label in labels:
        _require(is_line(label), f"A branch's code, name and city are each one line of text, not {label!r}.")
    row = {"org_id": org.id, "code": branch.code, "name": branch.name, "city": branch.city}
    statement = insert(Branch).values(row).on_conflict_do_nothing(index_elements=["org_id", "code"]).returning(Branch)
    added = session.scalars(statement).first()
    if added is None:
        raise ConflictError(f"Dealer {org.code!r} has a branch {branch.code!r} already.", code="branch_exists")
    return added


def list_orgs(session: Session) -> list[OrgSummary]:
    """Return all organisations with their branches, by code."""
    branches: dict[object, list[BranchSpec]] = {}
    for branch in session.scalars(select(Branch).order_by(Branch.code)):
        branches.setdefault(branch.org_id, []).append(BranchSpec(branch.code, branch.name, branch.city))
    return [
        OrgSummary(org.code, org.name, org.kind, org.default_mapping, tuple(branches.get(org.id, ())))
        for org in session.scalars(select(Org).order_by(Org.code))
    ]


def _require(condition: object, detail: str) -> None:
    if not condition:
        raise InvalidInputError(detail)


def dealer_codes(session: Session) -> dict[UUID, str]:
    """Return the code of every organisation, by id."""
    return {row.id: row.code for row in session.execute(select(Org.id, Org.code))}
