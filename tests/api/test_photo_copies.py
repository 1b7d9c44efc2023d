"""A dealer reads who shows its photos; whoever is said to show a stolen one contests that, and a moderator decides."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from tests.api.conftest import code_of
from tests.api.copies_calls import contest, decide
from tests.api.people import People
from tests.factories.photo_copies import add_copies

FIRST, LATER = "khan-motors", "ravi-cars"


def headers_of(people: People, org: str, role: Role = Role.ORG_ADMIN) -> dict[str, str]:
    return people.person((org, role)).headers


def report(client: httpx.Client, people: People, org: str, first_seen: str) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/orgs/{org}/photo-copies?first_seen={first_seen}", headers=headers_of(people, org))
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def pairs(items: list[dict[str, Any]]) -> list[tuple[str, str, str | None]]:
    return sorted((each["photo_id"], each["other_photo_id"], each["contest"]) for each in items)


@pytest.fixture
def copies(client: httpx.Client, session_factory: SessionFactory) -> tuple[UUID, UUID]:
    del client  # empties the database
    return add_copies(session_factory, LATER, FIRST)


def test_both_dealers_are_told_of_a_copy_with_evidence_and_who_was_seen_first(
    client: httpx.Client, people: People, copies: tuple[UUID, UUID]
) -> None:
    later, first = map(str, copies)
    [line] = report(client, people, FIRST, "here")
    assert (line["photo_id"], line["other_photo_id"], line["other_org"]) == (first, later, LATER)
    assert line["first_seen_at"] < line["other_first_seen_at"]
    assert line["kind"] == "same_photo"
    assert line["evidence"] == {"points": 90, "alike": 0.9, "covered": 1.0, "mirrored": True}
    assert pairs(report(client, people, LATER, "elsewhere")) == [(later, first, None)]
    assert report(client, people, FIRST, "elsewhere") == report(client, people, LATER, "here") == []


def test_accused_dealer_is_told_of_a_car_that_has_been_sold_since(
    client: httpx.Client, people: People, session_factory: SessionFactory
) -> None:
    gone = {"status": "sold", "removed_at": utc_now() - timedelta(days=1), "model": "Vitz", "model_year": 2009}
    later, first = map(str, add_copies(session_factory, LATER, FIRST, **gone))
    assert pairs(report(client, people, LATER, "elsewhere")) == [(later, first, None)]


@pytest.mark.parametrize("hidden", [{"visibility": "private"}, {"status": "draft"}], ids=["private", "draft"])
def test_car_that_was_never_on_offer_is_not_named(
    client: httpx.Client, people: People, session_factory: SessionFactory, hidden: dict[str, str]
) -> None:
    add_copies(session_factory, LATER, FIRST, **hidden)
    assert report(client, people, LATER, "elsewhere") == []


@pytest.mark.parametrize(("decision", "left"), [("grant", 0), ("refuse", 1)])
def test_contested_pair_stays_marked_until_a_moderator_decides(
    client: httpx.Client, people: People, copies: tuple[UUID, UUID], decision: str, left: int
) -> None:
    later, first = map(str, copies)
    made = contest(client, headers_of(people, LATER), LATER, copies)
    assert (made.status_code, made.json()["state"]) == (201, "open")
    assert pairs(report(client, people, FIRST, "here")) == [(first, later, "open")]
    assert pairs(report(client, people, LATER, "elsewhere")) == [(later, first, "open")]
    again = contest(client, headers_of(people, LATER), LATER, copies)
    assert code_of(again) == (409, "photo_copy_contested")
    moderator = headers_of(people, "automart", Role.MODERATOR)
    [waiting] = client.get("/v1/photo-contests", headers=moderator).json()["items"]
    assert (waiting["contest_id"], waiting["org"], waiting["other_org"]) == (made.json()["contest_id"], LATER, FIRST)
    decided = decide(client, people, waiting["contest_id"], decision)
    assert (decided.status_code, decided.json()["state"]) == (200, "granted" if decision == "grant" else "refused")
    assert len(report(client, people, FIRST, "here")) == len(report(client, people, LATER, "elsewhere")) == left
    assert client.get("/v1/photo-contests", headers=moderator).json()["items"] == []
    assert code_of(decide(client, people, waiting["contest_id"], decision)) == (409, "photo_contest_not_open")


def test_only_the_accused_contests_what_the_report_says(
    client: httpx.Client, people: People, copies: tuple[UUID, UUID]
) -> None:
    own = contest(client, headers_of(people, FIRST), FIRST, (copies[1], copies[0]))
    foreign = contest(client, headers_of(people, "indus-autos"), "indus-autos", copies)
    invented = contest(client, headers_of(people, LATER), LATER, (copies[0], uuid4()))
    assert {code_of(each) for each in (own, foreign, invented)} == {(404, "photo_copy_not_found")}
    unknown = decide(client, people, str(uuid4()), "grant")
    assert code_of(unknown) == (404, "photo_contest_not_found")


def test_contest_goes_with_the_photo(
    client: httpx.Client, people: People, session_factory: SessionFactory, copies: tuple[UUID, UUID]
) -> None:
    assert contest(client, headers_of(people, LATER), LATER, copies).status_code == 201
    with transaction(session_factory) as session:
        session.execute(text("DELETE FROM listing_photos WHERE id = :id"), {"id": copies[1]})
        session.execute(
            text("DELETE FROM photo_contents c WHERE NOT EXISTS (SELECT FROM listing_photos WHERE content_id = c.id)")
        )
        assert session.scalar(text("SELECT count(*) FROM photo_contests")) == 0
