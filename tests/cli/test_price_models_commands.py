"""`automart price-bands models` and `rollback`, as a person and as a script."""

import json
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from cli.price_bands import app
from core.db.session import SessionFactory, transaction
from core.db.tables import PriceBand, PriceModel, PriceModelEvent
from core.settings import Settings
from core.storage import Storage
from models.price_bands.artifact import CODE_VERSION, dumps
from models.price_bands.train import fit_comparables_only
from pipelines.price_bands.versions.repository import PriceModelRepository
from tests.factories.listings import add_listing
from tests.models.price_bands.conftest import AS_OF, invented_market


@pytest.fixture
def run(environment: Settings, session_factory: SessionFactory) -> Any:
    return lambda *args: CliRunner().invoke(app, list(args), catch_exceptions=False)


@pytest.fixture
def versions(session_factory: SessionFactory, storage: Storage) -> SessionFactory:
    """v1 was champion, v2 is; one live listing."""
    artefact = dumps(fit_comparables_only(invented_market(120), as_of=AS_OF))
    for version in ("v1", "v2"):
        storage.put(f"{version}.zip", artefact)
        with transaction(session_factory) as session:
            row = PriceModel(
                version=version, status="champion", storage_key=f"{version}.zip", data_digest=version, samples=120,
                code_version=CODE_VERSION, metrics={"median_ape": 0.0612, "coverage": 0.8},
            )  # fmt: skip
            PriceModelRepository(session).add(row, actor="test", reason="trained")
    with transaction(session_factory) as session:
        add_listing(session)
    return session_factory


def test_versions_are_listed_newest_first(run: Any, versions: SessionFactory) -> None:
    listed = json.loads(run("models", "--json").stdout)
    assert [(row["version"], row["status"], row["origin"]) for row in listed] == [
        ("v2", "champion", "trained"),
        ("v1", "retired", "trained"),
    ]
    shown = run("models").stdout
    assert shown.index("v2") < shown.index("v1")
    assert "6.1%" in shown


def test_rollback_prices_all_listings_by_the_version_before(run: Any, versions: SessionFactory) -> None:
    told = json.loads(run("rollback", "--why", "hybrids at half", "--by", "ayesha", "--json").stdout)
    assert (told["version"], told["replaced"], told["bands"]["computed"]) == ("v1", "v2", 1)
    with transaction(versions) as session:
        assert session.scalars(select(PriceBand.model_version)).all() == ["v1"]
        event = session.scalars(select(PriceModelEvent).where(PriceModelEvent.kind == "rolled_back")).one()
        assert (event.actor, event.reason) == ("ayesha", "hybrids at half")
    assert "v2 answers now in place of v1; 1 bands computed." in run("rollback", "v2").stdout


def test_what_cannot_be_loaded_is_refused_with_a_sentence(run: Any, versions: SessionFactory, storage: Storage) -> None:
    storage.put("v1.zip", b"damaged")
    result = run("rollback")
    assert (result.exit_code, "unreadable_price_model" in result.stderr) == (2, True)
    assert json.loads(run("models", "--json").stdout)[0]["status"] == "champion"
    assert "no_such_price_model" in run("rollback", "v9").stderr
