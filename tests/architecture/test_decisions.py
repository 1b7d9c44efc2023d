"""Decisions have a date, a status, what enforces them, and a place in the index."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "decisions"
DECISIONS = sorted(FOLDER.glob("[0-9]*.md"))
HEAD = re.compile(
    r"# (?P<number>\d{4}) (?P<title>\S.*)\n\n"
    r"\*Date: \d{1,2} [A-Z][a-z]+ \d{4}\. Status: (accepted|replaced by \[\d{4}\]\([a-z0-9-]+\.md\))\.\*\n"
)


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_decision_has_number_title_date_status_and_sections(path: Path) -> None:
    text = path.read_text()
    head = HEAD.match(text)
    assert head is not None, "begin with `# NNNN Title` and `*Date: 27 November 2026. Status: accepted.*`"
    assert path.name.startswith(head["number"])
    for section in ("**Context.**", "**Decision.**", "**Enforced by**"):
        assert section in text


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_decision_stands_in_the_index_under_its_title(path: Path) -> None:
    title = path.read_text().splitlines()[0].split(" ", 2)[2]
    assert f"| [{path.name[:4]}]({path.name}) | {title}" in (FOLDER / "README.md").read_text()


def test_numbers_are_given_once() -> None:
    numbers = [path.name[:4] for path in DECISIONS]
    assert len(numbers) == len(set(numbers)) > 10
