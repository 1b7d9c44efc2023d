"""A plain command loads what it needs and no more: Dagster, LightGBM and the API cost seconds of CPU to import."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from cli.app import app
from cli.lazy import LazyGroup
from core.db.logins import Login
from core.db.session import SessionFactory, transaction
from core.identity.orgs import add_org
from core.settings import Settings, child_environment

pytestmark = pytest.mark.slow

STOCK = "Stock No,Make,Model,Year,Demand\nK1,Toyota,Corolla,2018,45 lacs\n"
FOR_HELP = {"dagster", "polars", "lightgbm", "sklearn", "pandas", "sqlalchemy", "fastapi", "numpy"}
FOR_IMPORT = {
    "dagster", "lightgbm", "sklearn", "scipy", "pandas", "fastapi", "great_expectations", "tantivy", "meilisearch",
    "asyncssh", "httpx", "lxml", "matplotlib", "uvicorn",
}  # fmt: skip
RUN = """
import json, sys
sys.argv = ["automart", *sys.argv[1:]]
from cli.app import main
try:
    main()
except SystemExit as end:
    print("\\n" + json.dumps([end.code or 0, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def _owner_url(settings: Settings) -> str:
    assert settings.database_url is not None
    return settings.database_url.get_secret_value().replace(Login.APPLICATION, Login.OWNER)


def loaded(settings: Settings, *arguments: str) -> set[str]:
    """The top-level modules that stand loaded at the end of a command."""
    environment = child_environment(settings, withheld=()) | {"DATABASE_OWNER_URL": _owner_url(settings)}
    done = subprocess.run([sys.executable, "-c", RUN, *arguments], env=environment, capture_output=True, text=True)
    code, names = json.loads(done.stdout.splitlines()[-1])
    assert code == 0, done.stdout + done.stderr
    return set(names)


@pytest.mark.parametrize("group", [[], ["feeds"], ["search"], ["price-bands"]])
def test_help_loads_nothing_heavy(settings: Settings, group: list[str]) -> None:
    assert loaded(settings, *group, "--help") & FOR_HELP == set()


def test_import_loads_what_reads_files_and_no_more(
    settings: Settings, session_factory: SessionFactory, tmp_path: Path
) -> None:
    with transaction(session_factory) as session:
        add_org(session, "khan-motors", "Khan Motors", default_mapping="showroom")
    (tmp_path / "stock.csv").write_text(STOCK)
    names = loaded(settings, "feeds", "import", str(tmp_path / "stock.csv"), "--dealer", "khan-motors")
    assert "polars" in names
    assert names & FOR_IMPORT == set()


@pytest.mark.parametrize(
    "command", [("dealers", "list"), ("db", "upgrade"), ("feeds", "mappings"), ("price-bands", "models")]
)
def test_lists_load_no_dataframes_and_no_models(
    settings: Settings, session_factory: SessionFactory, command: tuple[str, ...]
) -> None:
    heavy = FOR_IMPORT | ({"polars"} if command[0] in ("dealers", "db", "price-bands") else set())
    assert loaded(settings, *command) & heavy == set()


def test_line_in_a_groups_help_is_the_commands_own_first_paragraph() -> None:
    seen = 0
    groups = [typer.main.get_command(app)]
    while groups:
        group = groups.pop()
        assert isinstance(group, LazyGroup)
        for name, (_, line) in group.targets.items():
            command = group.get_command(None, name)
            assert " ".join(command.help.split("\n\n")[0].split()) == line, name
            seen += 1
            if isinstance(command, LazyGroup):
                groups.append(command)
    assert seen > 25
