"""The rows that callers may see are enforced twice, by the query layer and by row policies; each does it alone."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Engine, text, true

from core.db.session import SessionFactory
from core.db.walls import declared_access
from serving.listings.finding import repository, similar
from serving.price_bands import market
from serving.price_bands import repository as bands
from tests.api.actors import OTHER, OWN, Actor, Callers
from tests.api.conftest import Add
from tests.api.people import People
from tests.api.test_matrix import ACCESS, ACTORS, PERMISSIONS, REQUESTS, ask, code_of, is_refused, verdict

WALLED = [each.table for each in declared_access() if each.unrestricted is None]


@pytest.fixture(params=["both", "query layer", "policies"])
def wall(request: pytest.FixtureRequest, admin_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Take the other wall away: the row policies of all tables, or the audience's condition in every statement."""
    if request.param == "policies":
        for module in (repository, similar, market, bands):
            monkeypatch.setattr(module, "visible_to", lambda _audience: true())
    repository._statement.cache_clear()
    with without_policies(admin_engine) if request.param == "query layer" else nullcontext():
        yield request.param
    repository._statement.cache_clear()


@contextmanager
def without_policies(engine: Engine) -> Iterator[None]:
    """Switch the row policies off, and on again whatever fails: every later test would stand without them."""
    switch(engine, "DISABLE")
    try:
        yield
    finally:
        switch(engine, "ENABLE")


def switch(engine: Engine, how: str) -> None:
    with engine.begin() as connection:
        for table in WALLED:
            connection.execute(text(f"ALTER TABLE {table} {how} ROW LEVEL SECURITY"))


@pytest.fixture
def callers(client: httpx.Client, people: People, session_factory: SessionFactory) -> Callers:
    return Callers(people, session_factory, PERMISSIONS)


def who_asks(operation: str) -> list[Actor]:
    """Choose the callers whom the table lets reach the rows, and of those whom it refuses before that, one."""
    access, path = ACCESS[operation], REQUESTS[operation].path
    if access not in PERMISSIONS:
        return ACTORS
    refused = [actor for actor in ACTORS if not actor.is_anonymous and is_refused(access, actor, path)]
    return [actor for actor in ACTORS if actor not in refused[1:]]


@pytest.mark.slow
@pytest.mark.parametrize("everyone", [False, pytest.param(True, marks=pytest.mark.sweep)], ids=["few", "everyone"])
@pytest.mark.parametrize("wall", ["query layer", "policies"], indirect=True)
def test_matrix_holds_with_either_wall_alone(
    client: httpx.Client, callers: Callers, wall: str, *, everyone: bool
) -> None:
    """With both it is `tests/api/test_matrix.py`. Permissions stay on: they are no part of either wall."""
    wrong, headers = {}, dict[str, dict[str, str]]()
    for operation in sorted(REQUESTS, key=lambda name: name == "DELETE /v1/me"):  # which ends the callers
        request = REQUESTS[operation]
        for actor in ACTORS if everyone else who_asks(operation):
            if actor.name not in headers:
                headers[actor.name] = callers.headers(actor)
            outcome = code_of(ask(client, request, request.path, headers[actor.name]))
            if request.method != "GET":  # it may have ended the caller's login
                del headers[actor.name]
            if not verdict(ACCESS[operation], actor, request.path, outcome):
                wrong[operation, actor.name] = outcome
    assert wrong == {}


def rights(actor: Actor, wall: str) -> set[str]:
    """The cars that an actor may see, by whatever channel. Policies alone let staff, who moderate, see every car."""
    if actor.org == "automart" and wall == "policies":
        return {"public", "trade", "wholesale", f"private of {OWN}", f"private of {OTHER}"}
    seen = {"public"}
    if actor.org in (OWN, OTHER):
        seen |= {"trade", "wholesale", f"private of {actor.org}"}
    return seen


def seen_by(client: httpx.Client, cars: dict[str, UUID], actor: Actor, headers: dict[str, str], path: str) -> set[str]:
    """The cars that answer, asked for by every channel and for the own organisation."""
    ways = [{}, {"channel": "autotrader"}, {"org": actor.org}, {"channel": "autotrader", "org": actor.org}]
    found = set()
    for way in ways:
        given = {name: value for name, value in way.items() if value is not None}
        for name, car in cars.items():
            if client.get(f"/v1/listings/{car}{path}", params=given, headers=headers).status_code == 200:
                found.add(name)
    return found


@pytest.fixture
def cars(add: Add, callers: Callers) -> dict[str, UUID]:
    both = ["automart", "autotrader"]
    return {
        "public": add(org=OWN, channels=["automart"]),
        "trade": add(org=OWN, channels=["autotrader"]),
        "wholesale": add(org=OTHER, visibility="wholesale_public", channels=both),
        f"private of {OWN}": add(org=OWN, visibility="private", channels=both),
        f"private of {OTHER}": add(org=OTHER, visibility="private", channels=both),
        "removed": add(org=OWN, channels=both, status="withdrawn"),
    }


@pytest.mark.slow
def test_each_caller_reads_its_own_share_of_listings(
    client: httpx.Client, callers: Callers, cars: dict[str, UUID], wall: str
) -> None:
    for actor in ACTORS:
        headers = callers.headers(actor)
        assert seen_by(client, cars, actor, headers, "") == rights(actor, wall), (actor.name, wall)


@pytest.mark.parametrize("name", ["wholesale", f"private of {OTHER}"])
def test_hits_of_an_index_that_is_late_are_read_again_under_both_walls(
    client: httpx.Client, cars: dict[str, UUID], wall: str, session_factory: SessionFactory, name: str
) -> None:
    """The index still calls the car public when it has become private."""
    car = cars["public"]
    assert [item["id"] for item in client.get("/v1/listings").json()["items"]] == [str(car)]
    with session_factory() as session:
        visibility = "private" if name.startswith("private") else "wholesale_public"
        session.execute(text("UPDATE listings SET visibility = :to WHERE id = :id"), {"to": visibility, "id": car})
        session.commit()
    assert client.get("/v1/listings").json()["items"] == []
