"""Two organisations may keep different mappings under one name; each file is read by its owner's."""

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables import FeedFile, Listing
from core.errors import InvalidInputError
from core.identity.orgs import add_org
from core.storage import Storage
from pipelines.feeds.deliveries.delivery import Delivery
from pipelines.feeds.deliveries.register import store_and_register
from pipelines.feeds.mapping.store import load_mapping, save_mapping
from pipelines.imports import ImportContext, import_delivery
from pipelines.imports.pending.import_pending import import_pending
from tests.factories.feeds import sheet_mapping

SHEET = b"No,Make,Model,Year,Rate\nK-1,Toyota,Corolla,2018,45\n"


def test_path_that_the_xml_reader_does_not_know_is_refused_before_a_file_comes(storage: Storage) -> None:
    text = sheet_mapping().replace('key = [["No"]]', 'key = [["..//*[1]"]]\nformat = "xml"\nrecord = "a/b"')
    with pytest.raises(InvalidInputError, match="no path that can be read") as error:
        save_mapping(storage, "sheet", text.encode(), UUID(int=1))
    assert error.value.code == "bad_mapping"


def test_file_that_no_code_of_ours_foresaw_stops_no_other_dealers(
    session_factory: SessionFactory, storage: Storage
) -> None:
    with transaction(session_factory) as session:
        for code in ("a-first", "al-noor"):
            org = add_org(session, code, code, default_mapping="sheet")
            save_mapping(storage, "sheet", sheet_mapping().encode(), org.id)
            delivery = Delivery(org, "stock.csv", SHEET, load_mapping("sheet", storage, org.id))
            file = store_and_register(session, storage, delivery, received_at=utc_now(), now=utc_now())
            if code == "a-first":  # an older release kept what is refused today, and its reader fails on it
                text = sheet_mapping()
                broken = text.replace('"Model"', '{columns = ["Model"], pattern = "(?=C)(C)"}')
                storage.put(f"mappings/{org.id}/sheet/1.toml", broken.encode())
                first = file.id
    report = import_pending(session_factory, storage, run_id="test")
    assert [(each.dealer, each.result.status) for each in report.files] == [("al-noor", "applied")]
    assert len(report.failures) == 1
    assert report.failures[0].startswith("a-first/stock.csv: it could not be imported (ComputeError)")
    with session_factory() as session:
        assert session.get_one(FeedFile, first).status == "registered"


def test_small_files_of_two_owners_are_each_read_by_their_own(
    session_factory: SessionFactory, storage: Storage
) -> None:
    units = {"khan-motors": ("lakh", 4_500_000), "al-noor": ("million", 45_000_000)}
    with transaction(session_factory) as session:
        for code, (unit, _) in units.items():
            org = add_org(session, code, code, default_mapping="sheet")
            save_mapping(storage, "sheet", sheet_mapping(unit=unit).encode(), org.id)
            delivery = Delivery(org, "stock.csv", SHEET, load_mapping("sheet", storage, org.id))
            store_and_register(session, storage, delivery, received_at=utc_now(), now=utc_now())
    import_pending(session_factory, storage, run_id="test")
    with session_factory() as session:
        files = {file.storage_key.split("/")[1]: file.id for file in session.scalars(select(FeedFile))}
        prices = {row.file_id: row.price_pkr for row in session.scalars(select(Listing))}
    assert {code: prices[file] for code, file in files.items()} == {code: price for code, (_, price) in units.items()}


def test_mapping_without_an_owner_that_is_written_anew_is_another_version(session: Session, storage: Storage) -> None:
    org = add_org(session, "khan-motors", "Khan Motors", default_mapping="sheet")
    for unit, price in (("lakh", 4_500_000), ("million", 45_000_000)):
        storage.put("mappings/sheet.toml", sheet_mapping(unit=unit).encode())  # the version stays 1
        delivery = Delivery(org, "stock.csv", SHEET, load_mapping("sheet", storage, org.id))
        assert import_delivery(ImportContext(session, storage), delivery).status == "applied"
        assert session.scalars(select(Listing.price_pkr)).all() == [price]
    delivery = Delivery(org, "stock.csv", SHEET, load_mapping("sheet", storage, org.id))
    assert import_delivery(ImportContext(session, storage), delivery).status == "duplicate"
