"""Small files of every format, each with its own dirt, against what reading them came to (golden.json).

The goldens were read by eye, row by row. After a wanted change, read the difference that the failure shows, and
only then replace the entry.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import RefusedFileError
from pipelines.feeds.mapping.store import load_mapping, mapping_names
from pipelines.feeds.parsing.parse import parse_feed

FOLDER = Path(__file__).parents[2] / "data" / "feeds"
GOLDEN: dict[str, Any] = json.loads((FOLDER / "golden.json").read_text(encoding="utf-8"))
FILES = sorted(path.name for path in FOLDER.iterdir() if path.name not in {"golden.json", ".gitattributes"})
SHOWN = (
    "row_number", "source_key", "make", "model", "variant", "model_year", "price_pkr", "mileage_km", "fuel",
    "transmission", "body", "color", "engine_cc", "battery_kwh", "area", "city", "province", "listed_on",
    "branch_code", "visibility", "channels", "photos", "url",
)  # fmt: skip


def mapping_of(file: str) -> str:
    stem = file.removeprefix("refused_")
    return next(name for name in sorted(mapping_names(), key=len, reverse=True) if stem.startswith(name))


def outcome(file: str) -> dict[str, Any]:
    try:
        parsed = parse_feed((FOLDER / file).read_bytes(), load_mapping(mapping_of(file)))
    except RefusedFileError as error:
        return {"refused": error.code, "sentence": error.detail}
    listings = [
        {key: value for key, value in row.items() if value not in (None, [])}
        for row in parsed.listings.select(SHOWN).to_dicts()
    ]
    result = {
        "encoding": parsed.encoding,
        "delimiter": parsed.delimiter,
        "rows_read": parsed.rows_read,
        "listings": listings,
        "rejects": parsed.rejects.drop("message").rows(),
    }
    if parsed.containers:
        result["containers"] = parsed.containers
    return json.loads(json.dumps(result, default=str))


def test_corpus_has_at_least_sixty_files() -> None:
    assert len(FILES) >= 60


def test_every_file_has_a_golden() -> None:
    assert sorted(GOLDEN) == FILES


@pytest.mark.parametrize("file", FILES)
def test_file_is_read_as_agreed(file: str) -> None:
    assert outcome(file) == GOLDEN[file]


def test_every_mapping_has_a_file() -> None:
    assert {mapping_of(file) for file in FILES} == set(mapping_names())
