"""The demo's deposit holds a car, is given back, and leaves the market and the ledger as they were."""

from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from core.db.tables.people import User
from core.platform import open_platform
from core.settings import Settings
from serving.deposits.demonstration import demonstrate
from tests.factories.listings import add_listing


def test_deposit_is_held_shown_in_search_and_given_back_again_and_again(
    environment: Settings, session_factory: SessionFactory
) -> None:
    with open_platform(environment) as platform:
        assert demonstrate(platform) is None, "there is no car yet"
        with transaction(session_factory) as session:
            session.add(User())
            add_listing(session, price_pkr=3_500_000)
        for _ in range(2):
            shown = demonstrate(platform)
            assert shown is not None
            assert (shown.held, shown.in_search) == ("held", "reserved")
            assert (shown.refunded, shown.afterwards) == ("refunded", "live")
            assert (shown.owed_paisa, shown.books.total, shown.books.proof.holds) == (0, 0, True)
    with transaction(session_factory) as session:
        assert session.execute(text("SELECT status, state_by FROM listings")).all() == [("live", "feed")]
