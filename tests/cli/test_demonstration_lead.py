"""The demo's lead arrives live at the dealer's, and its time ends; other leads are left alone."""

import io

from rich.console import Console
from sqlalchemy import text

from cli.demonstration.lead import show_lead
from core.access.roles import Role
from core.clock import utc_now
from core.db.session import transaction
from core.identity.contacts import phone
from core.platform import Platform, open_platform
from core.security.platform_keys import open_keys
from core.settings import Settings
from samples.people import market_people
from serving.identity.members.grants import Grant
from serving.identity.operators import Operators
from tests.api.people import add_org
from tests.factories.lead_rows import add_lead
from tests.factories.listings import add_listing


def add_market(platform: Platform, cars: int) -> None:
    """The people of the sample market, and cars of the dealer."""
    with transaction(platform.sessions) as session:
        operators = Operators(session, open_keys(platform.settings), "tests")
        for person in market_people()[:5]:
            user_id = operators.add_person([phone(person.phone)], utc_now())
            if person.role == "org_admin" and person.org is not None:
                operators.grant(user_id, add_org(session, person.org), Grant(Role.ORG_ADMIN, None))
        code = next(person.org for person in market_people() if person.role == "org_admin")
        for _ in range(cars):
            add_listing(session, org=str(code))
        add_lead(session, utc_now())


def test_lead_arrives_live_and_its_time_ends_at_once(settings: Settings, session_factory: object) -> None:
    del session_factory  # the tables are emptied at its end
    output = io.StringIO()
    with open_platform(settings) as platform:
        add_market(platform, cars=1)
        shown = show_lead(platform, market_people(), Console(file=output))
        assert show_lead(platform, market_people(), Console(file=output)) is None  # there is no other car
        with transaction(platform.sessions) as session:
            breached = session.scalar(text("SELECT count(*) FROM lead_clocks WHERE breached_at IS NOT NULL"))
    assert shown is not None
    assert set(shown) == {"arrived", "breached"}
    assert " lead created " in shown["arrived"]
    assert "reason=breach" in shown["breached"]
    assert shown["breached"] in output.getvalue()
    assert breached == 1
