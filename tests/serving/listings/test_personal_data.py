"""A private ad belongs to a person: it is exported to them, and erased with them."""

from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables import Listing, Org
from core.db.tables.people import User
from serving.listings.personal_data import ERASERS
from tests.factories.listings import add_listing


def test_erased_seller_leaves_a_car_without_a_name_or_words(session: Session) -> None:
    person, other = User(), User()
    session.add_all([person, other])
    session.flush()
    marketplace = session.scalars(select(Org).where(Org.kind == "marketplace")).first()
    if marketplace is None:
        marketplace = Org(code="classifieds", name="Classifieds", kind="marketplace")
        session.add(marketplace)
        session.flush()
    mine: dict[str, Any] = {
        "org": marketplace.code, "source": "private", "file_id": None, "row_number": None,
        "description": "My dear car", "state_by": "person",
    }  # fmt: skip
    live, draft = (add_listing(session, seller_id=person.id, status=status, **mine) for status in ("live", "draft"))
    others = add_listing(session, seller_id=other.id, **mine)
    work = cast("Any", SimpleNamespace(session=session, subject=SimpleNamespace(user_id=person.id)))
    assert [eraser.erase(work) for eraser in ERASERS] == [2]
    session.expire_all()
    found = {row.id: row for row in session.scalars(select(Listing))}
    assert [(found[car].status, found[car].description, found[car].seller_id) for car in (live, draft, others)] == [
        ("withdrawn", None, None), ("draft", None, None), ("live", "My dear car", other.id),
    ]  # fmt: skip
    assert found[live].removed_at is not None
    assert found[draft].removed_at is None
    assert [eraser.erase(work) for eraser in ERASERS] == [0]
