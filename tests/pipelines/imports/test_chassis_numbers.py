"""Chassis numbers are kept beside the listings of a file, sealed, and change nothing of what is on offer."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.db.tables import Listing, Org
from core.db.tables.listing_chassis import ListingChassis
from core.identity.orgs import add_org
from core.personal_data.sealer import Sealer
from core.security.platform_keys import KeysMissingError, PlatformKeys, open_keys
from core.settings import Settings
from core.storage import Storage
from pipelines.feeds.mapping.schema import Mapping
from pipelines.imports import Delivery, ImportContext, ImportResult, import_delivery, preview_file, replay_file
from pipelines.listings.chassis.number import CHASSIS_NUMBER
from tests.factories.chassis import CHASSIS_MAPPING, chassis_sheet

ONE, OTHER = "NZE141-6012345", "JTDBR32E160012345"
MAPPING = CHASSIS_MAPPING
BEFORE = Mapping.model_validate(
    MAPPING.model_dump()
    | {"version": 1, "columns": {name: MAPPING.columns[name] for name in MAPPING.columns if name != "chassis_number"}}
)


@pytest.fixture
def keys(settings: Settings) -> PlatformKeys:
    return open_keys(settings)


@dataclass
class Dealer:
    """A dealer that sends its stock."""

    session: Session
    storage: Storage
    org: Org
    keys: PlatformKeys

    @property
    def context(self) -> ImportContext:
        return ImportContext(self.session, self.storage, run_id="t", open_keys=lambda: self.keys)

    def send(
        self, *cars: tuple[str, str] | tuple[str, str, int], mapping: Mapping = MAPPING,
        do: Callable[[ImportContext, Delivery], ImportResult] = import_delivery,
    ) -> ImportResult:  # fmt: skip
        data = chassis_sheet(*((car[0], car[1], (*car, 4_500_000)[2]) for car in cars))
        return do(self.context, Delivery(self.org, "stock.csv", data, mapping))

    def numbers(self) -> dict[str, str]:
        query = select(Listing.source_key, ListingChassis).join(ListingChassis, ListingChassis.listing_id == Listing.id)
        rows = self.session.execute(query.order_by(Listing.source_key).execution_options(populate_existing=True))
        sealer = Sealer(self.session, self.keys)
        return {key: CHASSIS_NUMBER.open(sealer, row) for key, row in rows}

    def changes(self) -> int:
        return self.session.scalar(text("SELECT count(*) FROM outbox_changes WHERE topic = 'listing'")) or 0


@pytest.fixture
def dealer(session: Session, storage: Storage, org: Org, keys: PlatformKeys) -> Dealer:
    return Dealer(session, storage, org, keys)


def counts(result: ImportResult) -> tuple[str, int, int, int]:
    return result.status, result.created, result.updated, result.unchanged


def test_numbers_of_a_file_are_kept_sealed(dealer: Dealer) -> None:
    assert counts(dealer.send(("A1", ONE.lower()), ("A2", OTHER), ("A3", "TBA"))) == ("applied", 3, 0, 0)
    assert dealer.numbers() == {"A1": ONE, "A2": OTHER}
    rows = dealer.session.execute(text("SELECT row_to_json(c)::text FROM listing_chassis c")).scalars().all()
    listings = dealer.session.execute(text("SELECT row_to_json(l)::text FROM listings l")).scalars().all()
    assert not [row for row in [*rows, *listings] for number in (ONE, OTHER, "6012345") if number in row]


def test_numbers_that_come_change_or_go_are_no_update_of_the_car(dealer: Dealer) -> None:
    dealer.send(("A1", ONE), ("A2", OTHER), mapping=BEFORE)
    told = dealer.changes()
    assert counts(dealer.send(("A1", ONE), ("A2", OTHER))) == ("applied", 0, 0, 2)
    assert dealer.numbers() == {"A1": ONE, "A2": OTHER}
    assert counts(dealer.send(("A1", "NZE141-6099999"), ("A2", ""))) == ("applied", 0, 0, 2)
    assert dealer.numbers() == {"A1": "NZE141-6099999"}
    assert dealer.changes() == told  # nobody is told of anything


def test_number_and_price_that_change_together_are_one_update(dealer: Dealer) -> None:
    dealer.send(("A1", ONE), ("A2", OTHER))
    assert counts(dealer.send(("A1", OTHER, 4_400_000), ("A2", OTHER))) == ("applied", 0, 1, 1)
    assert dealer.numbers() == {"A1": OTHER, "A2": OTHER}


def test_mapping_without_the_column_leaves_known_numbers_alone(dealer: Dealer) -> None:
    dealer.send(("A1", ONE))
    assert counts(dealer.send(("A1", ONE), ("A2", OTHER), mapping=BEFORE)) == ("applied", 1, 0, 1)
    assert dealer.numbers() == {"A1": ONE}


def test_preview_keeps_no_number(dealer: Dealer) -> None:
    assert counts(dealer.send(("A1", ONE), do=preview_file)) == ("applied", 1, 0, 0)
    assert dealer.numbers() == {}


def test_replay_with_a_mapping_that_learnt_the_column_adds_the_numbers(dealer: Dealer) -> None:
    first = dealer.send(("A1", ONE), mapping=BEFORE)
    assert first.file_id is not None
    again = replay_file(dealer.context, first.file_id, actor="x", mapping=MAPPING)
    assert counts(again) == ("applied", 0, 0, 1)
    assert dealer.numbers() == {"A1": ONE}
    dealer.send(("A1", OTHER))
    replay_file(dealer.context, first.file_id, actor="x", mapping=MAPPING)
    assert dealer.numbers() == {"A1": OTHER}  # the newer file has decided the car


def test_rows_that_a_cache_recognised_keep_and_change_their_numbers(
    dealer: Dealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.imports.parsed.row_cache_store.FEWEST_BYTES", 0)
    dealer.send(("A1", ONE), ("A2", OTHER))
    assert counts(dealer.send(("A1", ONE), ("A2", OTHER), ("A3", ""))) == ("applied", 1, 0, 2)
    assert counts(dealer.send(("A1", OTHER), ("A2", OTHER), ("A3", ""))) == ("applied", 0, 0, 3)
    assert dealer.numbers() == {"A1": OTHER, "A2": OTHER}


def test_file_with_numbers_and_no_keys_is_not_imported_without_them(dealer: Dealer) -> None:
    with pytest.raises(RuntimeError, match="keys that seal"):
        dealer.send(("A1", ONE), do=lambda context, delivery: import_delivery(
            ImportContext(context.session, context.storage), delivery))  # fmt: skip


def test_two_cars_on_offer_with_one_number_are_told_and_both_stay(dealer: Dealer) -> None:
    result = dealer.send(("A1", ONE), ("A2", "nze1416012345"), ("A3", OTHER))
    assert counts(result) == ("applied", 3, 0, 0)
    (warning,) = result.warnings
    assert (warning.code, warning.source_keys, warning.cars) == ("chassis_repeated", ("A1", "A2"), 2)
    assert "A1، A2" in warning.sentence("ur")
    assert result.as_json()["warnings"][0]["sentence"].startswith("A1, A2 have one chassis number.")
    assert dealer.send(("A1", ONE), ("A3", OTHER)).warnings == ()  # the other one is gone


def test_number_of_many_cars_is_told_as_none(dealer: Dealer) -> None:
    (warning,) = dealer.send(*((f"A{at}", ONE) for at in range(12))).warnings
    assert (warning.code, warning.cars, len(warning.source_keys)) == ("chassis_of_many", 12, 10)


def test_numbers_of_another_dealer_are_not_told_of(
    dealer: Dealer, session: Session, storage: Storage, keys: PlatformKeys
) -> None:
    other = Dealer(session, storage, add_org(session, "other-motors", "Other Motors"), keys)
    other.send(("X1", ONE), ("X2", ONE))
    alone = dealer.send(("A1", "NZE141-6055555"))
    shared = dealer.send(("A1", ONE))
    assert shared.warnings == ()
    assert {name: value for name, value in shared.as_json().items() if name != "file_id"} == {
        **{name: value for name, value in alone.as_json().items() if name != "file_id"}, "created": 0, "unchanged": 1,
    }  # fmt: skip


def test_missing_keys_stop_no_feed_and_later_deliveries_bring_the_numbers(
    dealer: Dealer, caplog: pytest.LogCaptureFixture
) -> None:
    dealer.send(("A1", ONE))

    def missing() -> PlatformKeys:
        raise KeysMissingError

    def without_keys(context: ImportContext, delivery: Delivery) -> ImportResult:
        return import_delivery(replace(context, open_keys=missing), delivery)

    stock = ("A1", "", 4_400_000), ("A2", OTHER)
    assert counts(dealer.send(("A1", OTHER, 4_400_000), ("A2", ONE), do=without_keys)) == ("applied", 1, 1, 0)
    assert dealer.numbers() == {"A1": ONE}
    (told,) = [each.getMessage() for each in caplog.records if "chassis" in each.getMessage()]
    assert "INDEX_KEY" in told
    assert ONE not in told
    assert counts(dealer.send(*stock)) == ("applied", 0, 0, 2)
    assert dealer.numbers() == {"A2": OTHER}
    # The same bytes bring them too: they stayed a duplicate for good.
    later = ("A2", OTHER), ("A3", ONE)
    kept = dealer.send(*later, do=without_keys)
    assert [each.code for each in kept.warnings] == ["chassis_unsealed"]
    assert dealer.send(*later).status == "applied"
    assert dealer.numbers() == {"A2": OTHER, "A3": ONE}
    assert dealer.send(*later).status == "duplicate"
