"""People of each role for `automart demo`, and the way in which they log in."""

from rich.console import Console
from rich.table import Table

from core.access.roles import EVERYBODYS_ROLES, Role
from core.clock import utc_now
from core.db.session import Session, transaction
from core.identity.contacts import phone
from core.identity.orgs import ensure_org, get_org
from core.platform import Platform
from core.security.platform_keys import open_keys
from samples.people import STAFF_CODE, STAFF_NAME, SamplePerson, market_people
from serving.identity.members.grants import Grant
from serving.identity.operators import Operators, UnknownPersonError


def add_people(platform: Platform) -> list[SamplePerson]:
    """Add the people that are missing, and return all of them.

    In an outside database there are none: their phones are public, so anyone could ask for their codes.
    """
    if platform.settings.has_outside_database:
        return []
    people = market_people()
    keys = open_keys(platform.settings)
    with transaction(platform.sessions) as session:
        ensure_org(session, STAFF_CODE, STAFF_NAME, kind="platform")
        operators = Operators(session, keys, "automart demo")
        for person in people:
            _add(session, operators, person)
    return people


def _add(session: Session, operators: Operators, person: SamplePerson) -> None:
    try:
        operators.find_person(person.phone)
    except UnknownPersonError:
        user_id = operators.add_person([phone(person.phone)], utc_now())
        role = Role(person.role)
        if role not in EVERYBODYS_ROLES and person.org is not None:
            branches = None if person.branch is None else frozenset({person.branch})
            operators.grant(user_id, get_org(session, person.org), Grant(role, branches))


def print_people(people: list[SamplePerson], console: Console) -> None:
    """Print the people that can log in, and the two ways to do so: a code by the API, or a token by command."""
    if not people:
        return
    table = Table(title="People to log in as", title_justify="left", box=None, pad_edge=False)
    for heading in ("role", "phone", "organisation", "branch"):
        table.add_column(heading)
    for person in people:
        table.add_row(person.role, person.phone, person.org or "", person.branch or "")
    console.print(table)
    console.print(
        "  A code by POST /v1/auth/otp is printed in logs/loops.log of the home; or, at once: "
        f'automart identity token "{people[0].phone}"',
        markup=False,
        highlight=False,
    )
