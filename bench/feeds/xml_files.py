"""XML feeds beside the least that any reader must do: a bare `lxml.iterparse` loop that frees each car."""

import argparse
import io
import statistics
import time
from typing import IO
from xml.sax.saxutils import escape

from lxml import etree

from bench.feeds.files import stock
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed

_AT_ONCE = 50_000
_TAGS = {
    "title": "Title", "make": "Make", "model": "Model", "variant": "Variant", "year": "Year", "mileage": "Mileage",
    "price": "Demand", "fuel": "Fuel", "transmission": "Transmission", "body": "Body", "assembly": "Assembly",
    "color": "Colour", "engine": "Engine", "registered": "Registered", "description": "Remarks", "listed": "Listed",
}  # fmt: skip


def write_xml(file: IO[bytes], rows: int) -> None:
    """A stock list for the mapping `dealer-xml`: 16 elements and four photos a car."""
    file.write(b"<?xml version='1.0' encoding='UTF-8'?>\n<inventory>\n")
    for first in range(0, rows, _AT_ONCE):
        parts = []
        for car in stock(min(_AT_ONCE, rows - first), first=first).iter_rows(named=True):
            cells = "".join(f"<{tag}>{escape(car[column])}</{tag}>" for tag, column in _TAGS.items())
            photos = "".join(f"<photo>{photo}</photo>" for photo in car["Photos"].split("|"))
            city = escape(car["Location"])
            parts.append(
                f'<car id="{car["Stock No"]}" visibility="public">{cells}<location><city>{city}</city></location>'
                f"<photos>{photos}</photos></car>\n"
            )
        file.write("".join(parts).encode())
    file.write(b"</inventory>\n")


def make_xml(rows: int) -> bytes:
    """Make the same XML as `write_xml`, in memory."""
    file = io.BytesIO()
    write_xml(file, rows)
    return file.getvalue()


def bare(data: bytes) -> int:
    cars = 0
    for _, element in etree.iterparse(io.BytesIO(data), tag="car"):
        cars += 1
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
    return cars


def compare_xml(options: argparse.Namespace) -> None:
    data = make_xml(options.rows)
    mapping = load_mapping("dealer-xml")
    theirs, ours = [], []
    for _ in range(options.repeat):
        started = time.process_time()  # both use their processor all the time, and the machine may be busy
        cars = bare(data)
        between = time.process_time()
        parsed = parse_feed(data, mapping)
        ended = time.process_time()
        if parsed.rows_read != cars:
            raise SystemExit(f"{parsed.rows_read} rows read of {cars} cars")
        theirs.append(between - started)
        ours.append(ended - between)
    ratio = statistics.median(theirs) / statistics.median(ours)
    print(f"{options.rows:,} cars in {len(data) / 1e6:.0f} MB of XML; {options.repeat} repetitions")
    print(
        f"bare lxml.iterparse {statistics.median(theirs):.2f} s; ours, read and mapped {statistics.median(ours):.2f} s"
    )
    met = "met" if ratio >= 0.7 else "MISSED"
    print(f"xml: {ratio:.2f} x the rows a second of CPU time of the bare loop (target 0.7): {met}")
