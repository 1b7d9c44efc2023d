"""The loop marks dealers' cars as they change, and takes marks away with their causes."""

from uuid import UUID

import pytest
from sqlalchemy import select

from core.db.session import SessionFactory, transaction
from core.db.tables.moderation import ModerationMark
from core.outbox.emit import emit
from core.outbox.events import NewEvent
from core.outbox.follow import following
from core.prices.deal_ratings import PRICE_BAND
from pipelines.moderation import marking
from pipelines.moderation.consumers import MARKING
from pipelines.moderation.marking import mark_changed
from tests.factories.bands import add_band
from tests.factories.listings import add_listing, change_listing, settle
from tests.factories.moderation import add_ad, add_seller
from tests.factories.turns import OneTurn


class Marks:
    """The marks that stand after the loop has seen everything."""

    def __init__(self, factory: SessionFactory) -> None:
        self._factory = factory
        self._turn = following(MARKING, mark_changed)

    def read(self) -> dict[UUID, list[str]]:
        settle(self._factory)
        while self._turn(OneTurn(self._factory)):
            pass
        with self._factory() as session:
            rows = session.scalars(select(ModerationMark)).all()
        return {row.listing_id: [each["code"] for each in row.findings] for row in rows}


@pytest.fixture
def marks(session_factory: SessionFactory) -> Marks:
    return Marks(session_factory)


def test_marks_come_and_go_with_their_causes(session_factory: SessionFactory, marks: Marks) -> None:
    with transaction(session_factory) as session:
        dirty, clean = add_listing(session, description="call 0300-1234567"), add_listing(session)
    assert marks.read() == {dirty: ["contact_phone"]}
    with transaction(session_factory) as session:
        change_listing(session, dirty, description="All genuine")
        change_listing(session, clean, title="Corolla, see www.example.pk")
    assert marks.read() == {clean: ["contact_link"]}
    with transaction(session_factory) as session:
        change_listing(session, clean, status="withdrawn")
    assert marks.read() == {}


def test_price_far_from_the_band_is_marked_once_there_is_a_band(session_factory: SessionFactory, marks: Marks) -> None:
    with transaction(session_factory) as session:
        car = add_listing(session, price_pkr=350_000)
    assert marks.read() == {}
    with transaction(session_factory) as session:
        add_band(session, car, 3_000_000, 3_500_000, 4_000_000)
        emit(session, PRICE_BAND, NewEvent(car, "changed"))
    assert marks.read() == {car: ["price_too_low"]}


def test_private_ads_have_cases_and_no_marks(session_factory: SessionFactory, marks: Marks) -> None:
    with transaction(session_factory) as session:
        add_ad(session, add_seller(session), description="0300 1234567", status="live")
    assert marks.read() == {}


def test_cars_that_came_before_the_loop_are_marked_all_at_once(
    session_factory: SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marking, "_AT_ONCE", 2)
    with transaction(session_factory) as session:
        dirty = {add_listing(session, description="call 0300-1234567") for _ in range(5)}
        add_listing(session)
        add_listing(session, description="call 0300-1234567", status="sold")
        add_ad(session, add_seller(session), description="call 0300-1234567", status="live")
    for _ in range(2):
        assert marking.mark_all(lambda: transaction(session_factory)) == 5
    with session_factory() as session:
        assert {each.listing_id for each in session.scalars(select(ModerationMark))} == dirty
