"""The market that the API is fuzzed on: cars, an index, a price model, organisations, and a person of each role."""

from dataclasses import dataclass

from sqlalchemy import Engine

from core.access.roles import Role
from core.db.session import SessionFactory, make_session_factory, transaction
from core.identity.orgs import add_org
from core.search import open_search_engine
from core.security.platform_keys import open_keys
from core.settings import Settings
from core.storage import open_storage
from pipelines.search.rebuild import rebuild_index
from serving.feeds.senders import add_sender
from tests.api.people import People
from tests.factories.listings import add_listing
from tests.factories.price_bands import TrainedMarket, fill_database
from tests.models.price_bands.conftest import invented_market

DEALER, PLATFORM = "khan-motors", "automart"
CARS = 60


@dataclass(frozen=True)
class FuzzedRole:
    """A caller: the user whose sessions are opened, and the dealer's upload token; neither for nobody."""

    name: str
    user_id: str | None = None
    upload_token: str | None = None


def fill_market(settings: Settings, engine: Engine, model: TrainedMarket) -> tuple[FuzzedRole, ...]:
    """Fill an empty, migrated database; return nobody, an administrator of a dealer and one of the platform."""
    sessions = make_session_factory(engine)
    with transaction(sessions) as session:
        fuzzed = add_org(session, DEALER, "Khan Motors", default_mapping="showroom")
        token = add_sender(session, fuzzed, "tests")
        model.install(session, open_storage(settings))
        fill_database(session, invented_market(CARS), dealer=DEALER)
        add_listing(session, org=DEALER, visibility="private", channels=["autotrader"])
    with transaction(sessions) as session:
        rebuild_index(session, open_search_engine(settings))
    return _roles(settings, sessions, token)


def _roles(settings: Settings, sessions: SessionFactory, upload_token: str) -> tuple[FuzzedRole, ...]:
    people = People(sessions, open_keys(settings))
    people.org("clifton-cars")
    people.person((DEALER, Role.ORG_ADMIN))  # the fuzzed one is not the last
    dealer = people.person((DEALER, Role.ORG_ADMIN))
    staff = people.person((PLATFORM, Role.PLATFORM_ADMIN))
    return (
        FuzzedRole("nobody"),
        FuzzedRole("org_admin", str(dealer.user_id), upload_token),
        FuzzedRole("platform_admin", str(staff.user_id)),
    )
