"""docs/feeds.md says what the code does: every code with its fix, every mapping, every limit.

Where a table differs, the failure shows the lines as they should stand; put them between the table's markers.
"""

import re
from pathlib import Path

from pipelines.feeds.mapping.store import load_mapping, mapping_names
from pipelines.feeds.normalise.numbers import HIGHEST_MILEAGE_KM, HIGHEST_PRICE_PKR, LOWEST_PRICE_PKR
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.readers.limits import MEGABYTE, FeedLimits
from pipelines.feeds.refusal_codes import REFUSALS
from pipelines.feeds.reject_codes import REJECT_CODES

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "feeds.md").read_text(encoding="utf-8")
SPOKEN = {
    "{limit}": "the limit",
    "{kind}": ".rar or .7z",
    "{count}": "several",
    "{reason}": "where and why",
    "{cars}": "Most rows",
    "{column}": "a column",
    "{rules}": "which, and an example",
}


def table(name: str) -> list[str]:
    """Rows of the table between `<!-- name -->` and `<!-- /name -->`, without its two heading lines."""
    match = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", PAGE, re.DOTALL)
    assert match is not None, f"the page has no table {name}"
    return match.group(1).strip().splitlines()[2:]


def spoken(sentence: str) -> str:
    for brace, words in SPOKEN.items():
        sentence = sentence.replace(brace, words)
    assert "{" not in sentence
    return sentence.rstrip(":")


def test_every_refusal_code_is_there_with_its_fix() -> None:
    rows = [f"| `{code}` | {spoken(each.problem)} | {each.fix} |" for code, each in REFUSALS.items()]
    assert table("refusals") == rows


def test_every_reject_code_is_there_with_its_fix() -> None:
    rows = [f"| `{code}` | {each.severity} | {each.problem} | {each.fix} |" for code, each in REJECT_CODES.items()]
    assert table("rejects") == rows


def test_every_mapping_is_there() -> None:
    known = [load_mapping(name) for name in mapping_names()]
    assert table("mappings") == [
        f"| `{each.name}` | {each.format} | {each.delivery} | {each.about} |" for each in known
    ]


def test_limits_are_as_stated() -> None:
    limits = FeedLimits()
    assert table("limits") == [
        f"| the file as sent | {limits.file_bytes // MEGABYTE:,} MB | `FEED_MAX_FILE_MB` |",
        f"| after unpacking | {limits.unpacked_bytes // MEGABYTE:,} MB | `FEED_MAX_UNPACKED_MB` |",
        f"| unpacked bytes for each byte sent | {limits.ratio:,} | `FEED_MAX_UNPACK_RATIO` |",
        f"| files in a zip, photos included | {limits.entries:,} | `FEED_MAX_ZIP_ENTRIES` |",
        f"| containers around the list | {limits.nesting} | `FEED_MAX_ZIP_NESTING` |",
    ]
    for number in (LOWEST_PRICE_PKR, HIGHEST_MILEAGE_KM, HIGHEST_PRICE_PKR // 1_000_000_000):
        assert f"{number:,}" in PAGE


def test_the_examples_are_read_without_a_reject() -> None:
    csv, json = re.findall(r"```(?:csv|json)\n(.*?)```", PAGE, re.DOTALL)
    for text, mapping in ((csv, "showroom"), (json, "json")):
        parsed = parse_feed(text.encode(), load_mapping(mapping))
        assert (parsed.listings.height, parsed.rejects.height) == (2, 0)
        assert parsed.listings["price_pkr"].to_list() == [4_500_000, None]
