"""The kinds of row policies, and what the application may do to a table.

Every domain declares its tables in `policies.py` of its folder; `core.db.walls` writes what is declared into the
database. Policies speak of the caller through settings of the transaction (`core.access.tenant`), each read once a
statement: a bare `current_setting` would be called for every row. A setting that nobody has set is null, or '' in a
connection on which an earlier transaction had set it; both stand for nobody.
"""

from dataclasses import dataclass
from typing import Literal

from core.access.tenant import ACTING, DEALER, ORGS, PERSON, STAFF, STEP, Step

Command = Literal["ALL", "SELECT", "INSERT", "UPDATE", "DELETE"]
EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"

PERSON_SQL = f"(SELECT nullif(current_setting('{PERSON}', true), '')::uuid)"
ORGS_SQL = f"((SELECT string_to_array(nullif(current_setting('{ORGS}', true), ''), ',')::uuid[])::uuid[])"
OWN_CONTACT_SQL = f"blind_index IN (SELECT c.blind_index FROM user_contacts c WHERE c.user_id = {PERSON_SQL})"  # noqa: S608  (no input)
ACTING_SQL = f"(SELECT nullif(current_setting('{ACTING}', true), '')::uuid)"
"""The person, or the service account."""
STAFF_SQL = f"(SELECT current_setting('{STAFF}', true) = 'yes')"
_DEALER_SQL = f"(SELECT current_setting('{DEALER}', true) = 'yes')"
_OWNED = f"(owner.org_id = ANY {ORGS_SQL} OR owner.seller_id = {PERSON_SQL})"
"""Condition on a row `owner` of listings: it belongs to the caller's organisation, or is the caller's private ad."""


@dataclass(frozen=True)
class Policy:
    """A permissive policy for the application: rows for which `condition` holds may be seen and written.

    `reason` says who needs that, for policies that reach beyond the caller's own rows.
    """

    name: str
    condition: str
    command: Command = "ALL"
    reason: str = ""


@dataclass(frozen=True)
class TableAccess:
    """Declare the rights of the database logins on a table.

    Args:
        table: its name.
        policies: those of the application. Without one it sees no row.
        api: the privileges of the application as in GRANT, columns in parentheses included; "" for none.
        pipelines: the same of the pipelines, whom policies do not bind.
        unrestricted: the reason why the table has no row security at all.
    """

    table: str
    policies: tuple[Policy, ...] = ()
    api: str = ""
    pipelines: str = EVERYTHING
    unrestricted: str | None = None


@dataclass(frozen=True)
class DefinerFunction:
    """A function that works with the rights of the owner, whoever calls it: narrow, and with a reason.

    Args:
        signature: as in GRANT: `caller_by_secret(bytea)`.
        reason: why its caller may not do itself what it does.
        for_api: whether the application and the pipelines may call it. Triggers call theirs without a right.
        for_pipelines: whether the pipelines alone may call it.
    """

    signature: str
    reason: str
    for_api: bool = False
    for_pipelines: bool = False


def own_org(column: str = "org_id", command: Command = "ALL") -> Policy:
    """Make the policy for rows of organisations that the caller belongs to."""
    return Policy("own_org", f"{column} = ANY {ORGS_SQL}", command)


def own_person(column: str = "user_id", command: Command = "ALL") -> Policy:
    """Make the policy for rows of the caller."""
    return Policy("own_person", f"{column} = {PERSON_SQL}", command)


def staff(command: Command = "ALL") -> Policy:
    """Make the policy for staff of the platform, whose roles reach into every organisation."""
    return Policy("staff", STAFF_SQL, command, "roles of the platform reach into every organisation")


def dealers(condition: str, name: str, command: Command = "SELECT") -> Policy:
    """Make the policy for rows that every dealer's people may see."""
    return Policy(name, f"{condition} AND {_DEALER_SQL}", command, "dealers trade with each other")


def everybody(reason: str, condition: str = "true", name: str = "everybody") -> Policy:
    """Make the policy for rows that whoever asks may read."""
    return Policy(name, condition, "SELECT", reason)


def during(step: Step, reason: str, command: Command = "ALL") -> Policy:
    """Make the policy for a step of the platform itself, before it is known who calls (`core.access.tenant`)."""
    return Policy(f"{step}_step", step_sql(step), command, reason)


def exported(condition: str) -> Policy:
    """Make the policy for rows about the caller that nothing but an export of its personal data shows it."""
    reason = "people are told everything that is held of them"
    return Policy("export_step", f"{step_sql(Step.EXPORT)} AND ({condition})", "SELECT", reason)


def step_sql(step: Step) -> str:
    """Return the condition that a step of the platform is going on."""
    return f"(SELECT current_setting('{STEP}', true) = '{step}')"


def of_visible(table: str, column: str, key: str = "id", command: Command = "SELECT") -> Policy:
    """Make the policy for rows that belong to a row of another table that the caller may see.

    `column` names its table too ("price_bands.listing_id"): a plain name could be taken for one of the other table.
    """
    return Policy(f"of_visible_{table}", _belongs(table, column, f"owner.{key} = {column}"), command)


def of_own_listing(column: str, command: Command = "ALL") -> Policy:
    """Make the policy for rows that belong to a listing of the caller's organisation, or to a private ad of the caller.

    `column` names its table too, as for `of_visible`.
    """
    return Policy("of_own_listings", _belongs("listings", column, f"owner.id = {column} AND {_OWNED}"), command)


def shown_of_listing(column: str, shown: str) -> tuple[Policy, ...]:
    """Make the policies for what a listing shows: whoever sees the listing reads it; its owner reads and writes all.

    `shown` is the condition on rows that others see. Reading is one policy and not two, each of which would look the
    listing up under the policies of listings: half the cost of a dealer's page of cars.
    """
    shown_or_own = f"owner.id = {column} AND ({shown} OR {_OWNED})"
    reading = Policy("of_visible_listings", _belongs("listings", column, shown_or_own), "SELECT")
    writes: tuple[Command, ...] = ("INSERT", "UPDATE", "DELETE")
    owned = _belongs("listings", column, f"owner.id = {column} AND {_OWNED}")
    return reading, *(Policy(f"own_{each.lower()}", owned, each) for each in writes)


def _belongs(table: str, column: str, condition: str) -> str:
    if "." not in column:
        raise ValueError(f"Write {column!r} with the name of its table.")
    return f"EXISTS (SELECT FROM {table} owner WHERE {condition})"


def closed(table: str, pipelines: str = EVERYTHING) -> TableAccess:
    """Declare a table that the application neither reads nor writes."""
    return TableAccess(table, pipelines=pipelines)
