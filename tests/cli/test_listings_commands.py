"""`automart listings`: an operator posts, edits and moves a car."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import select
from typer.testing import CliRunner

from cli import listings
from core.db.session import SessionFactory, transaction
from core.db.tables import Listing
from core.db.tables.audit import AuditRecord
from core.db.tables.listing_chassis import ListingChassis
from core.identity.orgs import BranchSpec, add_branch, add_org
from core.security.platform_keys import given_keys
from core.settings import Settings
from pipelines.listings.chassis.single import ChassisNumbers
from tests.conftest import KEYS
from tests.factories.listings import add_listing

CAR = ["make=toyota", "model=corolla", "model_year=2018", "price_pkr=35.5 lacs", "engine_cc=1299", "branch=dha"]
Run = Callable[..., Result]


@pytest.fixture
def run(session_factory: SessionFactory, environment: Settings) -> Run:
    with transaction(session_factory) as session:
        add_branch(session, add_org(session, "khan-motors", "Khan Motors"), BranchSpec("dha", "DHA"))
    return lambda *arguments: CliRunner().invoke(listings.app, [str(each) for each in arguments])


def answer(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def test_car_is_posted_edited_and_moved(run: Run, session_factory: SessionFactory) -> None:
    car = answer(run("post", "khan-motors", *CAR, "--by", "ayesha", "--json"))
    assert (car["title"], car["status"], car["price_pkr"]) == ("Toyota Corolla 2018", "draft", 3_550_000)
    assert answer(run("edit", car["id"], "price_pkr=3450000", "branch=", "--json"))["price_pkr"] == 3_450_000
    assert answer(run("move", car["id"], "live", "--json"))["status"] == "live"
    sold = run("move", car["id"], "sold", "--sold-price", 3_400_000, "--sold-on", "2026-05-02", "--by", "ayesha")
    assert "sold  Toyota Corolla 2018, Rs 3,450,000" in sold.stdout
    with session_factory() as session:
        listing = session.scalars(select(Listing)).one()
        assert (listing.sold_price_pkr, listing.engine_cc, listing.branch_id) == (3_400_000, 1299, None)
        actors = session.scalars(select(AuditRecord.actor).where(AuditRecord.subject_kind == "listing")).all()
    assert actors.count("automart by ayesha") == 2


def test_feeds_car_is_left_to_its_feed_again(run: Run, session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        listing_id = add_listing(session)
    assert answer(run("edit", listing_id, "price_pkr=3100000", "--json"))["price_pkr"] == 3_100_000
    assert answer(run("edit", listing_id, "--let-go", "price_pkr", "--json"))["price_pkr"] == 3_500_000


def test_chassis_number_is_kept_sealed_and_not_printed(
    run: Run, session_factory: SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name.upper(), value)
    posted = run("post", "khan-motors", *CAR, "chassis_number=nze141 6087654", "--json")
    car = answer(posted)
    refused = run("edit", car["id"], "chassis_number=TBA")
    assert (refused.exit_code, "a VIN of 17 letters and digits" in refused.stderr) == (2, True)
    with session_factory() as session:
        row = session.scalars(select(ListingChassis)).one()
        assert ChassisNumbers(session, lambda: given_keys(*KEYS.values())).open(row) == "NZE141-6087654"
    edited = run("edit", car["id"], "chassis_number=", "--json")
    assert answer(edited)["etag"] != car["etag"]
    assert "87654" not in posted.output + edited.output
    with session_factory() as session:
        assert session.scalars(select(ListingChassis)).all() == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["post", "no-such", *CAR], "no-such"),
        (["post", "khan-motors", "make"], "FIELD=VALUE"),
        (["post", "khan-motors", "owner=me"], "FIELD=VALUE"),
        (["post", "khan-motors", *CAR, "engine_cc=big"], "not a number"),
        (["post", "khan-motors", "make=toyota", "model=corolla", "model_year=1930"], "model year"),
        (["move", "0198c1f2-6a3e-7c4d-9b1a-2f6d1c0e8a77", "sold"], "There is no listing"),
    ],
)
def test_bad_command_says_what_to_do(run: Run, arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
