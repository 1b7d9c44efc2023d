"""Nothing beside the table of states decides by names of states: `core.states.listings` answers."""

import ast
import re
from pathlib import Path

import pytest

from core.vocabulary import ListingStatus
from tests.architecture.test_rooms import ROOT

ROOMS = ("core", "models", "pipelines", "assets", "serving", "api", "cli", "samples", "bench")
OTHER_STATUSES = {  # of price models
    "core/db/tables/price_bands.py",
    "core/prices/models.py",
    "pipelines/price_bands/versions/repository.py",
    "pipelines/price_bands/versions/rollback.py",
    "pipelines/price_bands/versions/training.py",
}
TABLE = Path("core/states/listings.py")
_QUOTED = re.compile(rf"'({'|'.join(ListingStatus)}|removed)'")
_STATUS = re.compile(r"\bstatus\b")


def _sources() -> list[Path]:
    found = [path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    ours = [path for path in found if path != TABLE and "migrations" not in path.parts]
    return sorted(path for path in ours if str(path) not in OTHER_STATUSES)


def _names_a_state(node: ast.AST) -> bool:
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(map(_names_a_state, node.elts))
    if isinstance(node, ast.Attribute):
        return isinstance(node.value, ast.Name) and node.value.id == "ListingStatus"
    return isinstance(node, ast.Constant) and node.value in set(ListingStatus)


def _is_status(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "status"
    return isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value == "status"


def violations(source: str) -> list[int]:
    """Lines that compare a status with names of states, in Python or in SQL."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(map(_is_status, sides)) and any(map(_names_a_state, sides)):
                found.append(node.lineno)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += [
                node.lineno + number
                for number, line in enumerate(node.value.split("\n"))
                if _QUOTED.search(line) and _STATUS.search(line)
            ]
    return found


@pytest.mark.parametrize("path", _sources(), ids=str)
def test_no_source_decides_by_names_of_states(path: Path) -> None:
    assert violations((ROOT / path).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "query.where(Listing.status == 'live')",
        "query.where(Listing.status != ListingStatus.SOLD)",
        "shown = listing.status in ('live', 'reserved')",
        "old['status'] == 'withdrawn'",
        "SQL = \"SELECT 1 FROM listings l\\nWHERE l.status = 'live'\"",
        "SQL = f\"SELECT 1 FROM {name} l WHERE l.status IN ('live', 'reserved')\"",
    ],
)
def test_conditions_of_their_own_are_found(source: str) -> None:
    assert violations(source)
