"""Packed files are unpacked within limits, whatever they claim about their size."""

import gzip
import io
import tracemalloc
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from core.errors import RefusedFileError
from core.identity.orgs import add_org
from core.settings import Settings
from core.storage import Storage
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.readers.limits import DEFAULT_LIMITS, MEGABYTE, FeedLimits, limits_of
from pipelines.feeds.readers.unpack import unpack
from pipelines.feeds.refusal_codes import REFUSALS
from pipelines.imports import Delivery, ImportContext, import_delivery
from tests.examples import examples

CSV = b"Stock No,Make,Model,Year,Demand\nK1,Toyota,Corolla,2015,45 lacs\n"


def zipped(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def refused(data: bytes, limits: FeedLimits = DEFAULT_LIMITS) -> str:
    with pytest.raises(RefusedFileError) as caught:
        unpack(data, limits)
    assert caught.value.detail.endswith(".")
    return caught.value.code


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: zipped({"list.csv": data})])
@pytest.mark.parametrize("size", [0, 1, 262_143, 262_144, 262_145, 700_000])
def test_packed_file_is_unpacked_unchanged(pack: object, size: int) -> None:
    data = bytes(i * i % 251 for i in range(size))
    assert unpack(pack(data)).data == data  # type: ignore[operator]  # parametrised functions


def test_plain_file_is_returned_unchanged() -> None:
    assert unpack(CSV).data is CSV


def test_file_at_the_limit_is_read_and_one_beyond_it_refused() -> None:
    rows = CSV + bytes(range(256)) * 8192  # 2 MB that pack well
    assert refused(CSV, FeedLimits(file_bytes=10)) == "file_too_large"
    assert refused(gzip.compress(rows), FeedLimits(unpacked_bytes=MEGABYTE)) == "unpacked_too_large"
    assert refused(zipped({"a.csv": rows}), FeedLimits(unpacked_bytes=MEGABYTE)) == "unpacked_too_large"
    assert refused(gzip.compress(rows), FeedLimits(ratio=2)) == "archive_bomb"
    assert (
        refused(zipped({"a.csv": CSV, "1.jpg": b"", "2.jpg": b""}), FeedLimits(entries=2)) == "archive_too_many_files"
    )
    assert refused(gzip.compress(CSV) * 3, FeedLimits(entries=2)) == "archive_too_many_files"
    assert refused(gzip.compress(CSV), FeedLimits(nesting=0)) == "archive_nested"
    assert unpack(zipped({"a.gz": gzip.compress(CSV)})).containers == ("zip", "gz")


@pytest.mark.slow
def test_nested_bombs_share_one_limit() -> None:
    inner = gzip.compress(b" " * 150 * MEGABYTE)  # about 150 kB
    assert refused(zipped({"a.gz": inner})) == "archive_bomb"


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: zipped({"list.csv": data})])
def test_a_bomb_is_refused_before_it_costs_memory(pack: object) -> None:
    bomb = pack(b" " * 64 * MEGABYTE)  # type: ignore[operator]  # parametrised functions
    tracemalloc.start()
    assert refused(bomb) == "archive_bomb"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # One megabyte is free, then 200 for each byte: 64 kB may grow to 14 MB before it is refused.
    assert peak < MEGABYTE + len(bomb) * 201 + MEGABYTE


def test_limits_come_from_the_settings(settings: Settings) -> None:
    assert limits_of(settings) == DEFAULT_LIMITS
    changed = settings.model_copy(update={"feed_max_file_mb": 1, "feed_max_zip_nesting": 0})
    assert limits_of(changed) == FeedLimits(file_bytes=MEGABYTE, nesting=0)


def test_limits_reach_the_parser() -> None:
    with pytest.raises(RefusedFileError) as caught:
        parse_feed(gzip.compress(CSV), load_mapping("showroom"), limits=FeedLimits(nesting=0))
    assert caught.value.code == "archive_nested"


@settings(deadline=None, max_examples=examples(150))
@given(st.sampled_from([gzip.compress(CSV, mtime=0), zipped({"list.csv": CSV})]), st.data())
def test_broken_container_is_refused_or_read_but_never_crashes(packed: bytes, data: st.DataObject) -> None:
    broken = bytearray(packed)
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(broken[: data.draw(st.integers(4, len(broken)))])
    refusal = None
    try:
        unpack(cut)
    except RefusedFileError as error:
        refusal = error
    assert refusal is None or refusal.code in REFUSALS


def test_limits_reach_an_import(session: Session, storage: Storage) -> None:
    org = add_org(session, "khan-motors", "Khan Motors", default_mapping="showroom")
    delivery = Delivery(org, "stock.csv.gz", gzip.compress(CSV, mtime=0), load_mapping("showroom"))
    context = ImportContext(session, storage)
    refused = import_delivery(replace(context, limits=FeedLimits(nesting=0)), delivery)
    assert (refused.status, refused.message) == ("refused", REFUSALS["archive_nested"].message.format(limit="0"))
    assert (import_delivery(context, delivery).status, import_delivery(context, delivery).status) == (
        "applied",
        "duplicate",
    )
