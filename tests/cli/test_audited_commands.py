"""Every command that writes leaves a record, or stands in a list with the reason.

The commands come from the program itself: a new one fails here until it records its act.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from click.testing import Result
from sqlalchemy import func, select
from typer.core import TyperGroup
from typer.testing import CliRunner

from cli.app import app
from core.db.session import SessionFactory
from core.db.tables import FeedFile, FeedSource
from core.db.tables.audit import AuditRecord
from core.settings import Settings, child_environment

KHAN = ("--dealer", "khan-motors")
READS_ONLY = {
    *("feeds diff", "feeds mappings", "feeds files", "feeds rejects", "feeds origin", "feeds report"),
    *(
        "feeds sources list",
        "dealers list",
        "search query",
        "search status",
        "search unread-words",
        "price-bands quote",
        "price-bands index",
        "price-bands depreciation",
        "price-bands report",
        "price-bands sales",  # fits a model as the asset does, and decides nothing about anybody
    ),
    *(
        "price-bands predict",
        "price-bands models",
        "leads adf",
        "leads deadline",
        "leads score",  # trains a model as the asset does, and decides nothing about anybody
        "deposits ledger",
        "photos duplicates",
        "photos copies",
        "leads watch",
        "photos inspect",
        "moderation check",
        "webhooks events",
        "reference",
        "audit verify",
    ),
    *(
        "db roles",
        "engagement schemas",
        "engagement report",
        "engagement funnel",
        "engagement trends",
        "engagement explain",
        "pii columns",
        "moderation check",
    ),
    "search unread-words",
    *("db roles", "engagement schemas", "engagement report", "engagement explain", "pii columns", "moderation check"),
}
NOT_RECORDED = {
    "photos blur": "reads and writes files of the caller; the platform's data stay as they are",
    "photos keep-model": "writes a pinned file of weights into AUTOMART_HOME; the platform's data stay as they are",
    "webhooks receive": "prints what comes to a port of this machine; the platform's data stay as they are",
    "demo": "makes a sample market in a home of its own; people and their roles are recorded by the commands it stands"
    " on",
    "deposits reconcile": "keeps lines of files as they are, compares, and moves no money",
    "deposits sandbox": "runs a provider for trying deposits out, which keeps nothing",
    "up": "starts processes, which record their own acts",
    "work": "starts loops, which record their own acts",
    "engagement compact": "moves events that are there to files that list them",
    "engagement aggregate": "counts what follows from the events and decides nothing",
    "moderation mark": "marks follow from the cars and the rules, and block nothing",
    "engagement load": "each event is itself the record of what a shopper did",
    "feeds take-mail": "what the hourly job does; every file has a row with its source",
    "feeds pull": "what the hourly asset does; every file has a row with its source",
    "search sync": "the index follows from the tables and decides nothing",
    "search rebuild": "the index follows from the tables and decides nothing",
    "search rollback": "the index follows from the tables and decides nothing",
    "search embed": "vectors follow from the tables and decide nothing",
    "search meilisearch-keys": "makes keys in Meilisearch, by whoever has its master key; the platform's data stay as"
    " they are",
    "db upgrade": "changes the schema; the database keeps its revision",
    "price-bands train": "see tests/pipelines/price_bands/test_model_repository.py: the version is recorded there",
    "price-bands recalibrate": "see tests/pipelines/price_bands/test_model_repository.py",
    "price-bands history": "see tests/pipelines/price_bands/test_history.py: files are recorded as they come and go",
    "price-bands rollback": "see tests/pipelines/price_bands/test_model_repository.py",
    "search token": "see test_token_for_a_dealer_searches_as_that_dealer in tests/cli/test_search_token_command.py",
}
CAR = "A{:02},Toyota Corolla,Toyota,Corolla,2018,45 lacs,,\n"
HEADER = "Stock No,Title,Make,Model,Year,Demand,Branch,Status\n"
NUMBER = "03001234567"


def commands() -> Iterator[str]:
    waiting = [("", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        if isinstance(command, TyperGroup):
            found = ((each, command.get_command(None, each)) for each in command.list_commands(None))
            waiting += [(f"{name} {each}".strip(), below) for each, below in found]
        else:
            yield name


class Shell:
    """Types commands, on a home with a dealer, a person and two deliveries of the dealer."""

    def __init__(self, folder: Path, sessions: SessionFactory) -> None:
        self.folder, self.sessions = folder, sessions

    def run(self, *words: str) -> Result:
        result = CliRunner().invoke(app, list(words))
        assert result.exit_code == 0, result.output
        return result

    def stock(self, cars: int) -> str:
        path = self.folder / "stock.csv"
        path.write_text(HEADER + "".join(CAR.format(number) for number in range(cars)))
        return str(path)

    def delivered(self, cars: int) -> str:
        """Import a file of so many cars; return its id."""
        self.run("feeds", "import", self.stock(cars), "--dealer", "khan-motors")
        with self.sessions() as session:
            return str(session.scalars(select(FeedFile.id).order_by(FeedFile.id.desc())).first())

    def mapping(self, version: int = 1) -> str:
        path = self.folder / "khan.toml"
        path.write_text(self.run("feeds", "suggest", self.stock(9)).stdout)
        return str(path)

    def source(self) -> str:
        self.run("feeds", "sources", "add", "https://dealer.example/s.csv", "--dealer", "khan-motors")
        with self.sessions() as session:
            return str(session.scalars(select(FeedSource.id)).one())


Command = Callable[[Shell], Result]


def decided(decision: str) -> Command:
    def run(shell: Shell) -> Result:
        shell.delivered(30)
        file_id = shell.delivered(10)
        if decision == "undo":
            shell.run("feeds", "approve", file_id)
        return shell.run("feeds", decision, file_id)

    return run


def with_person(*words: str) -> Command:
    def run(shell: Shell) -> Result:
        shell.run("identity", "add-user", "--phone", NUMBER)
        if words[1] == "revoke":
            shell.run("identity", "token", NUMBER)
        return shell.run(*words)

    return run


def plain(*words: str) -> Command:
    return lambda shell: shell.run(*words)


RECORDED: dict[str, Command] = {
    "dealers add": plain("dealers", "add", "lahore-cars", "--name", "Lahore Cars"),
    "dealers add-branch": plain("dealers", "add-branch", "khan-motors", "dha:DHA"),
    "dealers upload-token": plain("dealers", "upload-token", "khan-motors"),
    "dealers set-limits": plain("dealers", "set-limits", "khan-motors", "--share", "0.5"),
    "identity add-org": plain("identity", "add-org", "staff", "--kind", "platform"),
    "identity add-branch": plain("identity", "add-branch", "khan-motors", "dha:DHA"),
    "identity add-user": plain("identity", "add-user", "--phone", NUMBER),
    "identity grant": with_person("identity", "grant", NUMBER, "org_admin", "--org", "khan-motors"),
    "identity token": with_person("identity", "token", NUMBER),
    "identity sessions": with_person("identity", "sessions", NUMBER),
    "identity revoke": with_person("identity", "revoke", NUMBER),
    "feeds import": lambda shell: shell.run("feeds", "import", shell.stock(5), "--dealer", "khan-motors"),
    "feeds approve": decided("approve"),
    "feeds undo": decided("undo"),
    "feeds replay": lambda shell: shell.run("feeds", "replay", shell.delivered(5)),
    "feeds confirm-price": plain("feeds", "confirm-price", "khan-motors", "K-1", "450000"),
    "feeds price-policy": plain("feeds", "price-policy", "khan-motors", "publish"),
    "feeds suggest": lambda shell: shell.run("feeds", "suggest", shell.stock(9), "--save", "khan-sheet", *KHAN),
    "feeds onboard": lambda shell: shell.run("feeds", "onboard", shell.stock(9), *KHAN, "--yes"),
    "feeds save-mapping": lambda shell: shell.run("feeds", "save-mapping", shell.mapping(), *KHAN),
    "feeds sources add": plain(
        "feeds", "sources", "add", "https://dealer.example/s.csv", "--dealer", "khan-motors", "--mapping", "showroom"
    ),
    "feeds sources remove": lambda shell: shell.run("feeds", "sources", "remove", shell.source()),
    "pii erase": with_person("pii", "erase", NUMBER, "--yes"),
    "pii replay": plain("pii", "replay"),
    "audit resume": plain("audit", "resume", "--reason", "a drill"),
}
IN_PIPELINES = {
    **dict.fromkeys(("listings post", "listings edit", "listings move"), "tests/cli/test_listings_commands.py"),
    "audit retain": "tests/pipelines/audit/test_retention.py",
    "pii rotate": "tests/cli/test_personal_data_commands.py",  # with a new key
}


@pytest.fixture
def shell(
    settings: Settings, session_factory: SessionFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Shell:
    for name, value in child_environment(settings).items():
        monkeypatch.setenv(name, value)
    made = Shell(tmp_path, session_factory)
    made.run("dealers", "add", "khan-motors", "--name", "Khan Motors", "--mapping", "showroom")
    return made


def test_every_command_is_known_to_write_or_to_read() -> None:
    listed = [*READS_ONLY, *NOT_RECORDED, *RECORDED, *IN_PIPELINES]
    assert sorted(listed) == sorted(commands())


@pytest.mark.parametrize("name", sorted(RECORDED))
@pytest.mark.slow
def test_command_leaves_a_record(shell: Shell, session_factory: SessionFactory, name: str) -> None:
    RECORDED[name](shell)
    with session_factory() as session:
        last = session.scalars(select(AuditRecord).order_by(AuditRecord.id.desc())).first()
        number = session.scalar(select(func.count()).select_from(AuditRecord))
    assert last is not None
    assert number is not None
    assert number > 1  # the dealer's own is the first
    assert last.actor_kind == "system"
    assert " by " in last.actor
    group, verb = name.split(" ")[0], name.rpartition(" ")[2]
    subjects = {group, "orgs", "branches", "sessions", "members", "service_accounts", "personal_data"}
    assert last.action.split(".")[0] in subjects, (last.action, verb)


def test_dry_run_leaves_none(shell: Shell, session_factory: SessionFactory) -> None:
    shell.run("feeds", "import", shell.stock(5), "--dealer", "khan-motors", "--dry-run")
    with session_factory() as session:
        assert session.scalars(select(AuditRecord.action)).all() == ["dealers.add"]
