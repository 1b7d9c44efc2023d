"""A zip with several lists is one delivery: each list is read, and one that cannot be read stops no other."""

import gzip
import io
import zipfile

import pytest

from core.errors import RefusedFileError
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.parsing.parse_batch import parse_batch
from pipelines.feeds.parsing.result import ParsedFeed
from pipelines.feeds.readers.limits import FeedLimits
from tests.factories.workbooks import xlsx

SHOWROOM = load_mapping("showroom")
HEAD = "Stock No,Make,Model,Year,Demand\n"


def car(key: str, price: str = "45 lacs") -> str:
    return f"{key},Toyota,Corolla,2018,{price}\n"


def packed(**lists: str | bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in lists.items():
            archive.writestr(name.replace("_", "."), content)
    return out.getvalue()


def told(parsed: ParsedFeed) -> dict[str, str]:
    return {each.column: each.words[0][0] for each in parsed.unread if each.field == "list"}


def test_lists_of_other_columns_and_forms_are_read_as_one_file() -> None:
    book = xlsx({"Stock": [HEAD.strip().split(","), ["K4", "Honda", "Civic", 2019, 5_200_000]]})
    rows = ("5 rupees,2018,Corolla,Toyota,K2,White", "40 lacs,2018,Vitz,Toyota,K3,Red")
    other = "\n".join(("Demand,Year,Model,Make,Stock No,Colour", *rows, ""))
    data = packed(a_csv=HEAD + car("K1"), b_csv=other, c_xlsx=book, d_csv=gzip.compress((HEAD + car("K5")).encode()))
    parsed = parse_feed(data, SHOWROOM)
    assert sorted(parsed.keys.to_list()) == ["K1", "K3", "K4", "K5"]
    assert (parsed.rows_read, parsed.containers, told(parsed)) == (5, ("zip",), {})
    assert parsed.rejects.select("row_number", "source_key", "code").rows() == [(2, "K2", "price_too_low")]
    assert parsed.listings.sort("row_number")["row_number"].to_list() == [1, 3, 4, 5]
    [batch] = parse_batch([data], SHOWROOM)
    assert isinstance(batch, ParsedFeed)
    assert batch.listings.equals(parsed.listings)


def test_car_in_two_lists_counts_once_by_the_later_one() -> None:
    parsed = parse_feed(packed(a_csv=HEAD + car("K1"), b_csv=HEAD + car("K1", "50 lacs")), SHOWROOM)
    assert parsed.listings["price_pkr"].to_list() == [5_000_000]
    assert parsed.rejects["code"].to_list() == ["duplicate_key"]


@pytest.mark.parametrize(
    "bad", [b"\x00\xff\x00binary", b"\x1f\x8b\x08broken", HEAD.encode(), b"Stock No,Make,Model\nK9,A,B\n"]
)
def test_bad_list_is_told_and_takes_no_car_off(bad: bytes) -> None:
    parsed = parse_feed(packed(a_csv=HEAD + car("K1"), b_csv=bad, c_csv=HEAD + car("K2")), SHOWROOM)
    assert parsed.keys.to_list() == ["K1", "K2"]
    assert list(told(parsed)) == ["b.csv"]
    assert parsed.may_lack_cars


def test_readme_beside_the_lists_is_told_but_holds_nothing_back() -> None:
    parsed = parse_feed(packed(a_csv=HEAD + car("K1"), readme_txt=b"Sent by our system\nevery day\n"), SHOWROOM)
    assert told(parsed) == {"readme.txt": "it has no columns of a stock list."}
    assert not parsed.may_lack_cars


def test_zip_without_a_list_that_can_be_read_is_refused_with_the_reason() -> None:
    with pytest.raises(RefusedFileError) as caught:
        parse_feed(packed(a_csv=b"x,y\n1,2\n", b_csv=b"\x00\x01"), SHOWROOM)
    assert caught.value.code == "missing_columns"


def test_limits_hold_for_all_lists_together() -> None:
    many = {f"l{number}_csv": HEAD + car(f"K{number}") for number in range(51)}
    bombs = {f"l{number}_csv": gzip.compress(gzip.compress(b" " * 900_000)) for number in range(8)}
    blanks = {f"l{number}_csv": HEAD + " " * 600_000 for number in range(4)}
    for lists, limits, code in (
        (many, FeedLimits(), "archive_of_several"),
        (blanks, FeedLimits(), "archive_bomb"),
        (blanks, FeedLimits(unpacked_bytes=700_000), "unpacked_too_large"),
        (bombs, FeedLimits(), "archive_nested"),
    ):
        with pytest.raises(RefusedFileError) as caught:
            parse_feed(packed(**lists), SHOWROOM, limits=limits)
        assert caught.value.code == code
