"""A wheel holds all that the platform needs: built, unpacked elsewhere, and run from a third folder."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.keys import ALL_KEYS
from core.settings import Settings, child_environment

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
STOCK = "Stock No,Make,Model,Year,Demand\nK1,Toyota,Corolla,2018,45 lacs\nK2,Honda,City,2019,38 lacs\n"
PACKAGES = ("api", "assets", "cli", "core", "models", "pipelines", "samples", "serving")
LOAD = """
import sys, warnings
warnings.simplefilter("ignore")
import assets, core, pipelines
for package in (assets, core, pipelines):
    assert package.__file__.startswith(sys.argv[1]), package.__file__
import dagster as dg
from pathlib import Path
from assets.definitions import defs
from assets.runs import own_instance
with own_instance(Path(sys.argv[2])), dg.DagsterInstance.from_config(sys.argv[2]):
    print(len(list(defs().resolve_all_asset_specs())))
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the wheel was unpacked. It is built from a copy: a build leaves files in its source."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source / name)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    subprocess.run([*build, "--wheel-dir", str(built), str(source)], check=True, capture_output=True)
    [wheel] = built.glob("*.whl")
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """An empty folder to stand in; nothing of the platform is beside it."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    yield folder
    assert list(folder.iterdir()) == []


def run(unpacked: Path, elsewhere: Path, settings: Settings, *command: str) -> str:
    env = child_environment(settings) | {"PYTHONPATH": str(unpacked), "PYTHONSAFEPATH": "1"}
    done = subprocess.run([sys.executable, *command], cwd=elsewhere, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def automart(unpacked: Path, elsewhere: Path, settings: Settings, *arguments: str) -> str:
    return run(unpacked, elsewhere, settings, "-m", "cli", *arguments)


def test_wheel_holds_every_data_file_of_its_packages(unpacked: Path) -> None:
    for package in PACKAGES:
        kept = {path.relative_to(ROOT) for path in (ROOT / package).rglob("*") if path.is_file()}
        wanted = {path for path in kept if "__pycache__" not in path.parts}
        assert wanted == {path for path in wanted if (unpacked / path).is_file()}


def test_root_links_lead_to_the_data_of_assets() -> None:
    for name in ("dagster.yaml", "workspace.yaml", "dg.toml"):
        assert (ROOT / name).samefile(ROOT / "assets" / name)


def test_commands_run_from_a_wheel(unpacked: Path, elsewhere: Path, settings: Settings, tmp_path: Path) -> None:
    # Embedded: made and migrated from the wheel's own files.
    own = settings.model_copy(update={"database_url": None, "database_pipelines_url": None})
    (tmp_path / "stock.csv").write_text(STOCK)
    assert "feeds" in automart(unpacked, elsewhere, own, "--help")
    assert "showroom" in automart(unpacked, elsewhere, own, "feeds", "mappings")
    assert "schema" in automart(unpacked, elsewhere, own, "db", "upgrade")
    automart(unpacked, elsewhere, own, "dealers", "add", "khan-motors", "--name", "Khan", "--mapping", "showroom")
    file = str(tmp_path / "stock.csv")
    imported = automart(unpacked, elsewhere, own, "feeds", "import", file, "--dealer", "khan-motors", "--json")
    assert '"created": 2' in imported
    assert "2 found" in automart(unpacked, elsewhere, own, "search", "query", "")


def test_dagster_definitions_load_from_a_wheel(unpacked: Path, elsewhere: Path, settings: Settings) -> None:
    loaded = run(unpacked, elsewhere, settings, "-c", LOAD, str(unpacked), str(settings.dagster_home))
    assert int(loaded) == len(ALL_KEYS)
