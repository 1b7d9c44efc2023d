"""Back to an earlier version: who may answer again, what is recorded, and what is refused."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.db.tables import PriceBand, PriceModel, PriceModelEvent
from core.errors import AutomartError
from core.prices.models import champion
from core.storage import Storage
from models.price_bands.artifact import CODE_VERSION
from pipelines.price_bands.audit import unreadable_champion
from pipelines.price_bands.refresh import refresh_bands
from pipelines.price_bands.versions.repository import PriceModelRepository
from pipelines.price_bands.versions.rollback import rollback
from tests.factories.listings import add_listing


def add_version(session: Session, storage: Storage, artefact: bytes, version: str, status: str = "champion") -> None:
    storage.put(f"{version}.zip", artefact)
    row = PriceModel(
        version=version, status=status, storage_key=f"{version}.zip", data_digest=version, code_version=CODE_VERSION,
        samples=400, metrics={},
    )  # fmt: skip
    PriceModelRepository(session).add(row, actor="test", reason="trained")


@pytest.fixture
def three(session: Session, storage: Storage, artefact: bytes) -> Session:
    """v1 and v2 were champions, v3 is, "odd" never was."""
    for version in ("v1", "v2"):
        add_version(session, storage, artefact, version)
    add_version(session, storage, artefact, "odd", "rejected")
    add_version(session, storage, artefact, "v3")
    return session


def statuses(session: Session) -> dict[str, str]:
    session.expire_all()
    return {row.version: row.status for row in session.scalars(select(PriceModel))}


def test_the_champion_before_answers_again_and_bands_follow(three: Session, storage: Storage) -> None:
    car = add_listing(three)
    refresh_bands(three, storage)
    result = rollback(three, storage, actor="ayesha", reason="v3 prices hybrids at half")
    assert (result.version, result.replaced) == ("v2", "v3")
    assert statuses(three) == {"v1": "retired", "v2": "champion", "v3": "retired", "odd": "rejected"}
    refresh_bands(three, storage)
    three.expire_all()
    assert three.get_one(PriceBand, car).model_version == "v2"
    event = three.scalars(select(PriceModelEvent).where(PriceModelEvent.kind == "rolled_back")).one()
    assert (event.version, event.replaced, event.actor) == ("v2", "v3", "ayesha")
    assert event.reason == "v3 prices hybrids at half"


def test_again_goes_further_back_and_then_there_is_nothing(three: Session, storage: Storage) -> None:
    found = [rollback(three, storage, actor="a", reason="r").version for _ in range(2)]
    assert found == ["v2", "v1"]
    with pytest.raises(AutomartError, match="No earlier version"):
        rollback(three, storage, actor="a", reason="r")


def test_a_named_version_may_be_older_or_newer(three: Session, storage: Storage) -> None:
    assert rollback(three, storage, "v1", actor="a", reason="r").replaced == "v3"
    assert rollback(three, storage, "v3", actor="a", reason="r").replaced == "v1"


@pytest.mark.parametrize(
    ("version", "code"),
    [("v3", "already_champion"), ("odd", "never_champion"), ("v9", "no_such_price_model")],
)
def test_what_cannot_be_is_refused(three: Session, storage: Storage, version: str, code: str) -> None:
    with pytest.raises(AutomartError) as caught:
        rollback(three, storage, version, actor="a", reason="r")
    assert caught.value.code == code


def test_a_version_that_cannot_be_loaded_does_not_become_champion(three: Session, storage: Storage) -> None:
    storage.put("v2.zip", b"damaged")
    with pytest.raises(AutomartError, match="damaged"):
        rollback(three, storage, "v2", actor="a", reason="r")
    storage.delete("v1.zip")
    with pytest.raises(AutomartError, match=r"no object 'v1\.zip'"):
        rollback(three, storage, "v1", actor="a", reason="r")
    row = champion(three)
    assert (row.version if row else None, statuses(three)["v2"]) == ("v3", "retired")


def test_a_champion_that_is_lost_or_damaged_is_named(three: Session, storage: Storage) -> None:
    assert unreadable_champion(three, storage) is None
    storage.put("v3.zip", b"damaged")
    assert "damaged" in (unreadable_champion(three, storage) or "")
    storage.delete("v3.zip")
    assert "no object 'v3.zip'" in (unreadable_champion(three, storage) or "")
    three.execute(update(PriceModel).values(status="retired"))
    assert unreadable_champion(three, storage) is None


def test_with_no_champion_at_all_a_named_version_answers(three: Session, storage: Storage) -> None:
    three.execute(update(PriceModel).where(PriceModel.version == "v3").values(status="retired"))
    assert rollback(three, storage, "v2", actor="a", reason="r").replaced is None
