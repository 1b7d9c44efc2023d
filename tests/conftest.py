"""Real parts for every test: one PostgreSQL for all workers, a database a worker, storage and index in a folder.

`session` rolls back at the end of the test, whatever the code under test commits; use it where one session is
enough. `session_factory` commits for real and empties the tables afterwards; use it for edges (API, CLI, Dagster).
"""

import gc
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from hypothesis import HealthCheck
from psycopg.errors import DeadlockDetected
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from core.db.base import Base
from core.db.embedded import embedded_postgres
from core.db.logins import Login, login_settings, login_url
from core.db.migrate import upgrade_to_head
from core.db.session import SessionFactory, make_engine, make_session_factory
from core.db.tables import register_tables
from core.security.platform_keys import new_key_settings
from core.settings import Settings
from core.storage import Storage, open_storage
from tests.factories.sessions import rolled_back
from tests.ready_database import READY_DATABASE

if TYPE_CHECKING:
    from tests.factories.price_bands import TrainedMarket
    from tests.trained_models import TrainedModels

# No deadlines: these machines are noisy. The same examples every time, so that a red run is red again; `make thorough`
# takes all that the tests name (tests/examples.py), `make test ARGS=--hypothesis-profile=explore` looks for new ones.
SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large]
STEADY: dict[str, Any] = {"deadline": None, "derandomize": True, "suppress_health_check": SLOW_IS_FINE}
hypothesis.settings.register_profile("steady", max_examples=35, **STEADY)
hypothesis.settings.register_profile("full", max_examples=100, **STEADY)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=500, suppress_health_check=SLOW_IS_FINE)
hypothesis.settings.load_profile("steady")

KEYS = new_key_settings()
"""A server on an outside database wants its keys given."""

UNSAFE_AND_FAST = ("fsync", "full_page_writes")
"""A run's data need not outlive the machine. Commits still reach the kernel, and so outlive a killed server."""

LARGE = 1_000_000
"""From so many bytes on, a table is emptied by TRUNCATE: rows that DELETE left would be read again and again."""

SEED_ORGS = text(
    "INSERT INTO orgs (code, name, kind, default_mapping)"
    " VALUES ('classifieds', 'Automart.pk classifieds', 'marketplace', 'classifieds')"
)


SLOW_FOLDERS = {"assets", "bench", "conformance", "notebooks", "packaging", "torture"}
"""They run the whole graph, train, build, or start processes in order to kill them."""

SLOW_FIXTURES = {"artefact", "few_folds", "model", "real_data", "trained_market", "trained_models"}
"""They train a price model, or wait for the one that is trained, or read large files."""

POSTGRES_DIR = pytest.StashKey[str]()
OWN_DIR = pytest.StashKey[str]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """The run's PostgreSQL and temporary folders stand outside the folder that pytest shares between runs.

    As root a server runs under another user, and every other pytest that starts on this machine closes that shared
    folder to other users.
    """
    if hasattr(config, "workerinput"):
        READY_DATABASE.folder = Path(config.workerinput["postgres_dir"]).with_name("ready")
        return
    own = tempfile.mkdtemp(prefix="automart-tests-")
    config.stash[POSTGRES_DIR] = f"{own}/postgres"
    config.stash[OWN_DIR] = own
    READY_DATABASE.folder = Path(own) / "ready"
    if config.option.basetemp is None:
        config.option.basetemp = f"{own}/tmp"


@pytest.hookimpl(optionalhook=True)  # of xdist, without which the suite runs too
def pytest_configure_node(node: Any) -> None:
    """Workers of one run share one server, each with a database of its own."""
    node.workerinput["postgres_dir"] = node.config.stash[POSTGRES_DIR]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their folder and fixtures as slow or as asking a database; the few others that are slow say so.

    Those of the slow folders come first, so that no worker is left alone with one at the end.
    """
    for item in items:
        if "database_url" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.database)
        if _is_in_slow_folder(item) or SLOW_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: not _is_in_slow_folder(item))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import nothing of the slow folders where slow tests are left out: that of Dagster alone takes seconds."""
    is_left_out = "not slow" in config.option.markexpr and collection_path.parent == Path(__file__).parent
    return True if is_left_out and collection_path.name in SLOW_FOLDERS else None


def _is_in_slow_folder(item: pytest.Item) -> bool:
    return item.path.relative_to(Path(__file__).parent).parts[0] in SLOW_FOLDERS


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    """Nearly all that collecting makes lives until the end: looking for garbage meanwhile finds none, over and over."""
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Modules and collected tests live until the end: the garbage collector need not look through them again."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The server has stopped with its last user; what it wrote goes."""
    if OWN_DIR in config.stash:
        shutil.rmtree(config.stash[OWN_DIR], ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_dir(pytestconfig: pytest.Config) -> Path:
    workerinput = getattr(pytestconfig, "workerinput", None)
    return Path(workerinput["postgres_dir"] if workerinput else pytestconfig.stash[POSTGRES_DIR])


@pytest.fixture(scope="session")
def database_url(postgres_dir: Path, pytestconfig: pytest.Config) -> Iterator[str]:
    worker = getattr(pytestconfig, "workerinput", {}).get("workerid", "master")
    with embedded_postgres(postgres_dir, database=f"automart_{worker}") as url:
        engine = make_engine(url)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for setting in UNSAFE_AND_FAST:
                connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
        engine.dispose()
        engine = make_engine(login_url(url, Login.OWNER))
        upgrade_to_head(engine)
        engine.dispose()
        yield url


@pytest.fixture(scope="session")
def admin_engine(database_url: str) -> Iterator[Engine]:
    """The server's administrator: empties tables, makes databases, looks at what others may not see."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[Engine]:
    """The login of assets, commands and loops; the API has its own by the settings."""
    engine = make_engine(login_url(database_url, Login.PIPELINES))
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with rolled_back(engine) as session:
        yield session


@pytest.fixture
def session_factory(engine: Engine, admin_engine: Engine) -> Iterator[SessionFactory]:
    yield make_session_factory(engine)
    empty(admin_engine)


@pytest.fixture
def emptied(admin_engine: Engine) -> Callable[[], None]:
    """Empties the tables in the middle of a test that uses `session_factory`."""
    return lambda: empty(admin_engine)


def empty(engine: Engine) -> None:
    """Empty the tables that hold rows, once every transaction on them has ended.

    Most tests fill few tables with few rows; a TRUNCATE of all would make new files for every table and index.
    """
    register_tables()
    names = [table.name for table in Base.metadata.sorted_tables]
    filled = " UNION ALL ".join(
        f"SELECT '{name}', pg_relation_size('{name}') > {LARGE} WHERE EXISTS (SELECT FROM {name})" for name in names
    )
    while not _is_emptied(engine, names, filled):
        pass


def _is_emptied(engine: Engine, names: list[str], filled: str) -> bool:
    """Empty the tables; not where a server still records a refusal, and locked tables in another order."""
    try:
        _empty_now(engine, names, filled)
    except OperationalError as error:
        if isinstance(error.orig, DeadlockDetected):
            return False
        raise
    return True


def _empty_now(engine: Engine, names: list[str], filled: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))  # a transaction that was left open fails its test
        connection.execute(text(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE"))
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # neither triggers nor foreign keys
        for name, large in connection.execute(text(filled)).all():
            connection.execute(text(f"TRUNCATE {name} CASCADE" if large else f"DELETE FROM {name}"))
        connection.execute(SEED_ORGS)


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    home = tmp_path / "home"
    logins = login_settings(database_url)
    # Tests of plates ask for that step; in all others photos are shown at once.
    return Settings(automart_home=home, storage_url=None, meili_url=None, photos_plate_step="none", **logins, **KEYS)


@pytest.fixture
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Name the home and the database where a command and a run look for them: in the environment."""
    assert settings.database_pipelines_url is not None
    monkeypatch.setenv("AUTOMART_HOME", str(settings.home))
    monkeypatch.setenv("DATABASE_PIPELINES_URL", settings.database_pipelines_url.get_secret_value())
    return settings


@pytest.fixture
def storage(settings: Settings) -> Storage:
    return open_storage(settings)


@pytest.fixture(scope="session")
def run_dir(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """The temporary folder that all workers of the run have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if hasattr(pytestconfig, "workerinput") else own


@pytest.fixture(scope="session")
def trained_market(engine: Engine, tmp_path_factory: pytest.TempPathFactory, run_dir: Path) -> "TrainedMarket":
    """An invented market and the price model that learnt from it, trained once for all workers of the run."""
    from tests.factories.price_bands import trained_market

    settings = Settings(automart_home=tmp_path_factory.mktemp("training"), storage_url=None, meili_url=None)
    return trained_market(engine, open_storage(settings), run_dir)


@pytest.fixture(scope="session")
def artefact(trained_market: "TrainedMarket") -> bytes:
    """The artefact of that model."""
    return trained_market.artefact


@pytest.fixture(scope="session")
def trained_models(run_dir: Path) -> "TrainedModels":
    """Price models that are trained once a run, whichever worker asks first."""
    from tests.trained_models import TrainedModels

    return TrainedModels(run_dir)


@pytest.fixture
def few_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train on 3 x 2 folds instead of 8 x 5, for tests whose assertions are not about how good the model is."""
    from models.price_bands.boosting.cross_fitting import FoldPlan
    from models.price_bands.inputs.folds import SEED

    monkeypatch.setattr(FoldPlan, "of", lambda height, seed=SEED: FoldPlan(3, 2, seed))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real ads beside the checkout; tests that need it skip where it is absent."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder shared/data with real ads is not beside this checkout")
    return folder
