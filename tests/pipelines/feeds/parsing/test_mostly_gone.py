"""A column that would take most of a file's cars off by its header alone is not obeyed before a person has looked."""

import json

import pytest

from core.errors import RefusedFileError
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.parsing.parse import ParsedFeed, parse_feed
from pipelines.feeds.parsing.parse_batch import parse_batch
from pipelines.feeds.suggest.suggest import suggest_mapping

CARS = 12


def own(*columns: str, **more: object) -> Mapping:
    """A mapping that reads these columns as availability."""
    said = {"columns": list(columns), "every": True} if len(columns) > 1 else columns[0]
    spec: dict[str, object] = {
        "name": "own", "version": 1, "about": "a test", "delivery": "full", "key": ["Ref"],
        "columns": {"make": "Make", "model": "Model", "model_year": "Year", "price": "Price", "availability": said},
        "constants": {"visibility": "public", "channels": "automart"},
    }  # fmt: skip
    return Mapping.model_validate(spec | more)


def sheet(headers: str, *cells: str, first: int = 0) -> bytes:
    rows = [f"R{first + at},Toyota,Corolla,2015,4500000,{cell}" for at, cell in enumerate(cells)]
    return "\n".join([f"Ref,Make,Model,Year,Price,{headers}", *rows]).encode()


def outcome(data: bytes, mapping: Mapping) -> str:
    """The code of the refusal, or the number of cars listed."""
    batch = _said(parse_batch([data, sheet("Other", "", first=90)], mapping)[0])
    try:
        alone = _said(parse_feed(data, mapping))
    except RefusedFileError as error:
        alone = _said(error)
    assert alone == batch
    return alone


def _said(parsed: ParsedFeed | RefusedFileError) -> str:
    return parsed.code if isinstance(parsed, RefusedFileError) else str(parsed.accepted)


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("Token", "50000"), ("Token", "Rs. 50000"), ("Deposit", "10% at booking"), ("Deposit amount", "100000"),
        ("Booked", "Yes"), ("Buyer", "Khan Motors"), ("Customer", "Ali"), ("Sold by", "Kamran"),
        ("Sale date", "01/05/2026"), ("Sold", "1"), ("Qty", "0"), ("Available", "no"), ("ٹوکن", "50000"),
    ],
)  # fmt: skip
def test_file_whose_cars_would_all_go_by_a_header_alone_is_refused(header: str, cell: str) -> None:
    """Every listed car was taken off, and the dealer was told that nothing had to be done."""
    assert outcome(sheet(header, *[cell] * CARS), own(header)) == "mostly_gone"


def test_refusal_names_the_column_and_what_to_do() -> None:
    with pytest.raises(RefusedFileError) as refused:
        parse_feed(sheet("Token", *["50000"] * CARS), own("Token"))
    assert "12 of 12" in refused.value.detail
    assert "'Token'" in refused.value.detail
    assert "mostly_gone = true" in refused.value.detail


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["0"] * CARS, "12"),
        (["No"] * CARS, "12"),
        (["Sold"] * CARS, "0"),
        (["50000"] * 6 + [""] * 6, "6"),
        (["50000"] * 7 + [""] * 5, "mostly_gone"),
        (["50000"] * 5, "0"),
    ],
)
def test_share_and_number_of_cars_decide(cells: list[str], expected: str) -> None:
    """Cells that say "Sold" themselves are believed; so are five cars of a small dealer."""
    assert outcome(sheet("Token", *cells), own("Token")) == expected


@pytest.mark.parametrize(("header", "cell"), [("Action", "D"), ("is_deleted", "1"), ("Deleted at", "2026-05-01")])
def test_delivery_of_deletions_alone_is_believed(header: str, cell: str) -> None:
    assert outcome(sheet(header, *[cell] * CARS), own(header, delivery="partial")) == "0"


def test_one_of_several_columns_is_judged_alone() -> None:
    assert outcome(sheet("Status,Token", *["Available,50000"] * CARS), own("Status", "Token")) == "mostly_gone"
    assert outcome(sheet("Status,Token", *["Sold,50000"] * CARS), own("Status", "Token")) == "0"


def test_mapping_may_state_that_most_rows_are_gone() -> None:
    data = sheet("Buyer", *["Ali"] * CARS, "")
    assert outcome(data, own("Buyer", mostly_gone=True)) == "1"


def test_json_is_judged_alike() -> None:
    car = {"Make": "Kia", "Model": "Rio", "Year": 2015, "Price": 2000000, "Token": 50000}
    data = json.dumps([car | {"Ref": f"R{at}"} for at in range(CARS)]).encode()
    with pytest.raises(RefusedFileError) as refused:
        parse_feed(data, own("Token", format="json"))
    assert refused.value.code == "mostly_gone"


def test_proposal_that_would_be_refused_says_so() -> None:
    data = sheet("Sold", *["Yes"] * CARS, "No", "No")
    found = suggest_mapping(data, "x")
    assert found.mapping.mostly_gone is False
    assert "mostly_gone" in " ".join(found.notes)
    assert "mostly_gone" not in " ".join(suggest_mapping(sheet("Sold", *["Yes", "No", "No"] * 4), "x").notes)
