"""`automart feeds onboard`: from an unknown file to its first import, asking for what is missing."""

from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from click.testing import Result
from sqlalchemy import select
from typer.testing import CliRunner

from cli import dealers, feeds
from core.db.session import SessionFactory
from core.db.tables import FeedFile, Listing, Org
from core.settings import Settings
from core.storage import Storage
from pipelines.feeds.mapping.store import load_mapping

Onboard = Callable[..., Result]


@pytest.fixture
def onboard(environment: Settings, session_factory: SessionFactory) -> Onboard:
    app = typer.Typer()
    app.add_typer(dealers.app, name="dealers")
    app.add_typer(feeds.app, name="feeds")
    CliRunner().invoke(app, ["dealers", "add", "khan-motors", "--name", "Khan Motors"])

    def run(file: Path, *options: str, answers: str = "") -> Result:
        return CliRunner().invoke(
            app, ["feeds", "onboard", str(file), "--dealer", "khan-motors", *options], input=answers
        )

    return run


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """A sheet whose column of prices no list of names knows."""
    rows = [f"AB-{number}7,Toyota,Corolla,{2010 + number},{40 + number} lacs" for number in range(6)]
    path = tmp_path / "stock.csv"
    path.write_text("\n".join(["Stock No,Make,Model,Year,Zq", *rows]))
    return path


def listed(sessions: SessionFactory) -> tuple[int, int, str | None]:
    with sessions() as session:
        cars, files = session.scalars(select(Listing.price_pkr)).all(), session.scalars(select(FeedFile)).all()
        return len(cars), len(files), session.scalars(select(Org.default_mapping).filter_by(code="khan-motors")).one()


def test_person_completes_the_proposal_sees_the_preview_and_imports(
    onboard: Onboard, sheet: Path, session_factory: SessionFactory, storage: Storage
) -> None:
    sheet.write_text(sheet.read_text().replace(" lacs", "00000").replace("Zq", "Invoice"))  # is never taken unasked
    stopped = onboard(sheet, answers="nothing like it\nInvoice\ny\nn\n")
    assert (stopped.exit_code, listed(session_factory)) == (1, (0, 0, None)), stopped.output
    assert "dry run, nothing changed" in stopped.output
    done = onboard(sheet, answers="Invoice\ny\ny\n")
    assert done.exit_code == 0, done.output
    assert listed(session_factory) == (6, 1, "khan-motors")
    with session_factory() as session:
        org_id = session.scalars(select(Org.id).filter_by(code="khan-motors")).one()
    mapping = load_mapping("khan-motors", storage, org_id)
    assert (mapping.delivery, mapping.columns["price"].columns) == ("full", ("Invoice",))


def test_complete_proposal_is_imported_without_a_question(
    onboard: Onboard, sheet: Path, session_factory: SessionFactory
) -> None:
    sheet.write_text(sheet.read_text().replace("Zq", "Demand"))
    assert onboard(sheet, "--yes", "--name", "khan-sheet").exit_code == 0
    assert listed(session_factory) == (6, 1, "khan-sheet")
    assert onboard(sheet, "--yes", "--name", "khan-sheet").exit_code == 0  # again: nothing is doubled
    assert listed(session_factory)[0] == 6


def test_file_without_cars_is_refused_and_keeps_nothing(
    onboard: Onboard, tmp_path: Path, session_factory: SessionFactory
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    assert onboard(path).exit_code == 2
    assert listed(session_factory) == (0, 0, None)
