"""Links between documents lead somewhere, and the paths of files that documents name exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?://|mailto:|#)(?P<target>[^)#\s]+)(?:#[^)]*)?\)")
SOURCE_PATH = re.compile(
    r"`(?P<path>(?:api|assets|bench|cli|core|docs|models|pipelines|samples|serving|tests)/[\w./-]+\.(?:py|toml|md|json))`"
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files(document: Path) -> None:
    targets = {match["target"] for match in LINK.finditer(document.read_text())}
    assert {target for target in targets if not (document.parent / target).exists()} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_named_source_files_exist(document: Path) -> None:
    named = {match["path"] for match in SOURCE_PATH.finditer(document.read_text())}
    assert {path for path in named if not (ROOT / path).exists()} == set()


def test_glossary_gives_each_word_one_meaning() -> None:
    rows = [
        line.split("|")[1].strip()
        for line in (ROOT / "docs/glossary.md").read_text().splitlines()
        if line.startswith("| ")
    ]
    words = [row for row in rows if row not in ("word", "---")]
    assert len(words) == len(set(words)) > 40
