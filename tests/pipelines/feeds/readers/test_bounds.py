"""A file without cars costs no more memory than a usual file of the same size, and is read to its end."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import RefusedFileError
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.readers import limits

pytestmark = pytest.mark.slow

HEADER = b"Stock No,Make,Model,Year,Demand,Remarks\n"
GOOD = b"K1,Toyota,Corolla,2015,45 lacs,fine\n"
JSON_CAR = b'{"id": "K1", "make": "Kia", "model": "Rio", "year": 2015, "price": 2000000}'
XML_CAR = b"<car id='1'><make>Kia</make><model>Rio</model><year>2015</year><price>9 lacs</price></car>"
SIZES = {
    5 << 20: 100,  # in megabytes: the most that reading a file of so many bytes may take
    20 << 20: 250,
}

EMPTY: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "blank lines": ("showroom", lambda size: HEADER + GOOD + b"\n" * size + GOOD),
    "blank lines of Windows": ("showroom", lambda size: HEADER + GOOD + b"\r\n" * (size // 2) + GOOD),
    "lines of separators": ("showroom", lambda size: HEADER + GOOD + b",,,,,\n" * (size // 6) + GOOD),
    "lines of blanks": ("showroom", lambda size: HEADER + GOOD + b" \t\n" * (size // 3) + GOOD),
    "blank lines before the header": ("showroom", lambda size: b"\n" * size + HEADER + GOOD),
    "blank lines in UTF-16": ("showroom", lambda size: (HEADER + b"\n" * (size // 2) + GOOD).decode().encode("utf-16")),
    "lines of one letter": ("showroom", lambda size: HEADER + GOOD + b"x\n" * (size // 2)),
    "letters between blank lines": ("showroom", lambda size: HEADER + GOOD + b"\nx\n" * (size // 3)),
    "empty elements": ("dealer-xml", lambda size: b"<inventory>" + b"<car/>" * (size // 6) + b"</inventory>"),
    "open empty elements": ("dealer-xml",
    lambda size: b"<inventory>" + b"<car></car>" * (size // 11) + b"</inventory>"),
    "blanks between elements": ("dealer-xml",
    lambda size: b"<inventory>" + b" \n" * (size // 2) + XML_CAR + b"</inventory>"),
    "empty objects in a document": ("json", lambda size: b'{"cars": [' + JSON_CAR + b",{}" * (size // 3) + b"]}"),
    "empty objects": ("json", lambda size: b"[" + b"{}," * (size // 3) + JSON_CAR + b"]"),
    "lines of empty objects": ("json", lambda size: JSON_CAR + b"\n{}" * (size // 3)),
    "blanks between objects": ("json", lambda size: b"[" + b" \n" * (size // 2) + JSON_CAR + b"]"),
    "blank lines between objects": ("json", lambda size: JSON_CAR + b"\n " * (size // 2) + JSON_CAR),
}  # fmt: skip


def megabytes(path: Path, mapping: str) -> float:
    """Megabytes that reading a file takes; coverage, which doubles them, is kept out."""
    unmeasured = ["env", "-u", "COVERAGE_PROCESS_CONFIG", "-u", "COVERAGE_PROCESS_START"]
    worker = Path(__file__).with_name("peak_memory.py")
    command = [*unmeasured, sys.executable, str(worker), str(path), mapping]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


@pytest.mark.timeout(120)  # some took 30 s of processor time, and more by the square of their size
@pytest.mark.parametrize("size", [5 << 20, pytest.param(20 << 20, marks=pytest.mark.sweep)])
@pytest.mark.parametrize("kind", EMPTY)
def test_file_without_cars_is_read_in_bounded_memory(kind: str, size: int, tmp_path: Path) -> None:
    mapping, make = EMPTY[kind]
    path = tmp_path / "stock"
    path.write_bytes(make(size))
    assert megabytes(path, mapping) < SIZES[size]


def test_worker_measures_what_a_file_costs(tmp_path: Path) -> None:
    path = tmp_path / "stock"
    path.write_bytes(
        HEADER + b"".join(b"K%d,Toyota,Corolla,2015,45 lacs,%s\n" % (at, b"x" * 80) for at in range(90_000))
    )
    assert megabytes(path, "showroom") > 50


@pytest.mark.parametrize(("mapping", "make"), [
    ("showroom", lambda count: HEADER + GOOD + b"x\n" * count),
    ("showroom", lambda count: HEADER + GOOD + b'"\n' * count),
    ("dealer-xml", lambda count: b"<inventory>" + XML_CAR + b"<car/>" * count + b"</inventory>"),
    ("dealer-xml", lambda count: b"<inventory>" + XML_CAR + b"<car><make></make></car>" * count + b"</inventory>"),
    ("json", lambda count: b"[" + JSON_CAR + b",{}" * count + b"]"),
    ("json", lambda count: b"[" + JSON_CAR + b",1" * count + b"]"),
])  # fmt: skip
def test_file_of_too_many_unreadable_records_is_refused(
    mapping: str, make: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_UNREADABLE", 1_500)
    assert parse_feed(make(1_500), load_mapping(mapping)).rows_read == 1_501
    with pytest.raises(RefusedFileError) as caught:
        parse_feed(make(1_501), load_mapping(mapping))
    assert caught.value.code == "mostly_unreadable"
