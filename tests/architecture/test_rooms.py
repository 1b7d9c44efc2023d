"""Small rooms, honest names, nothing that happens at import: the house's rules that no linter knows."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE_FOLDERS = ("core", "models", "pipelines", "assets", "serving", "api", "cli", "samples", "bench")
BANNED_NAMES = {"utils", "helpers", "common", "misc", "util", "helper"}
LONGEST_SOURCE, LONGEST_TEST, LONGEST_FUNCTION, LONGEST_ENDPOINT = 250, 400, 40, 15
MOST_ARGUMENTS = 5
MOST_MODULES = 20
ONE_FILE_EACH = {"core/db/migrations/versions", "core/db/tables"}
"""Folders of many small files of one kind, which nobody reads from top to bottom."""
QUESTIONS = tuple(f'"""{word} ' for word in ("What", "Who", "Whose", "Which", "Where", "When", "How"))


def sources() -> list[Path]:
    return sorted(path for folder in SOURCE_FOLDERS for path in (ROOT / folder).rglob("*.py"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the signature to the end, without the docstring: a long docstring is no vice."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is not None:
        docstring = function.body[0]
        lines -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
    return lines


def test_there_is_something_to_measure() -> None:
    assert len(sources()) > 40


def test_source_files_are_short() -> None:
    long = {name_of(p): n for p in sources() if (n := len(p.read_text().splitlines())) > LONGEST_SOURCE}
    assert long == {}


def test_rooms_are_not_crowded() -> None:
    """A folder with more modules is split by noun before another one comes."""
    rooms = Counter(name_of(path.parent) for path in sources() if path.name != "__init__.py")
    assert {room: count for room, count in rooms.items() if count > MOST_MODULES and room not in ONE_FILE_EACH} == {}


def test_test_files_are_short() -> None:
    files = (ROOT / "tests").rglob("*.py")
    assert {name_of(p): n for p in files if (n := len(p.read_text().splitlines())) > LONGEST_TEST} == {}


@pytest.mark.slow
def test_functions_are_short() -> None:
    long = {
        f"{name_of(path)}:{function.name}": lines
        for path in sources()
        if "migrations" not in path.parts
        for function in functions(path)
        if (lines := body_lines(function)) > LONGEST_FUNCTION
    }
    assert long == {}


def test_functions_of_the_command_line_that_are_no_commands_take_few_arguments() -> None:
    """Ruff's rule is off there, since the options of a command are its arguments."""
    long = [
        f"{name_of(path)}:{function.name}"
        for path in (ROOT / "cli").rglob("*.py")
        for function in functions(path)
        if "explain_errors" not in [ast.unparse(each) for each in function.decorator_list]
        and len([*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]) > MOST_ARGUMENTS
    ]
    assert long == []


def test_endpoint_bodies_are_short() -> None:
    long = {}
    for path in (ROOT / "api").rglob("endpoints.py"):
        for function in functions(path):
            first = function.body[1 if ast.get_docstring(function) else 0]
            lines = (function.end_lineno or 0) - first.lineno + 1
            if lines > LONGEST_ENDPOINT:
                long[f"{name_of(path)}:{function.name}"] = lines
    assert long == {}


def test_no_room_is_called_utils() -> None:
    named = [name_of(p) for p in ROOT.rglob("*.py") if p.stem in BANNED_NAMES and ".venv" not in p.parts]
    assert named == []


def test_every_folder_says_what_it_is_for() -> None:
    packages = [path for path in sources() if path.name == "__init__.py"]
    assert [name_of(p) for p in packages if not ast.get_docstring(ast.parse(p.read_text()))] == []


@pytest.mark.slow
def test_every_module_says_what_it_is_for() -> None:
    assert [name_of(p) for p in sources() if not ast.get_docstring(ast.parse(p.read_text()))] == []


def test_documents_of_modules_and_names_begin_with_a_verb_or_a_noun() -> None:
    """A text that begins with "what" or "who" makes the reader look for the thing that it is about."""
    found = [
        f"{name_of(path)}: {line.strip()}"
        for path in [*sources(), *sorted((ROOT / "tests").rglob("*.py"))]
        for line in path.read_text().splitlines()
        if line.lstrip().startswith(QUESTIONS)
    ]
    assert found == []


def test_domains_have_one_name_in_every_layer() -> None:
    domains = {"feeds", "listings", "photos", "search", "engagement", "price_bands", "leads", "deposits", "webhooks"}
    domains |= {"identity", "audit", "quality", "health", "notifications", "retention", "personal_data", "moderation"}
    domains |= {"live"}
    shared = {"pipelines/imports", "api/contract", "api/middleware"}  # serve every domain
    layers = ("pipelines", "serving", "api", "assets/defs")
    folders = {
        f"{layer}/{child.name}"
        for layer in layers
        for child in (ROOT / layer).iterdir()
        if child.is_dir() and child.name != "__pycache__" and child.name not in domains
    }
    assert folders == shared


@pytest.mark.parametrize("word", ["TODO", "FIXME", "NotImplementedError", "pragma: no cover"])
def test_nothing_is_left_unfinished(word: str) -> None:
    assert [name_of(path) for path in sources() if word in path.read_text()] == []
