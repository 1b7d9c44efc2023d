"""Files whose run was killed are asked for again within a minute: real ticks of the daemon on a frozen clock."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import dagster as dg
import pytest
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.test_utils import freeze_time
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceLoadTarget
from dagster._daemon.sensor import execute_sensor_iteration

from assets.keys import FEED_FILES
from assets.metadata import INBOX_FINGERPRINT
from assets.retries import next_attempt
from assets.runs import own_instance
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.identity.orgs import add_org
from core.settings import Settings
from core.storage import Storage
from pipelines.feeds.deliveries.delivery import Delivery
from pipelines.feeds.deliveries.inbox import inbox_fingerprint
from pipelines.feeds.deliveries.register import store_and_register
from pipelines.feeds.mapping.store import load_mapping

STOCK = b"Stock No,Make,Model,Year,Demand\nK1,Toyota,Corolla,2018,45 lacs\n"
pytestmark = pytest.mark.filterwarnings("ignore:Property `ScheduleDefinition")  # Dagster asks it of itself
UNFINISHED = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED]


class Location(WorkspaceLoadTarget):
    """The graph, loaded in this process."""

    def create_origins(self) -> list[InProcessCodeLocationOrigin]:
        target = LoadableTargetOrigin(executable_path=sys.executable, module_name="assets.definitions")
        return [InProcessCodeLocationOrigin(target, location_name="automart")]


class Daemon:
    """The sensor daemon on a clock that the test moves; the runs that it asks for stay queued."""

    def __init__(self, workspace: WorkspaceProcessContext, monkeypatch: pytest.MonkeyPatch) -> None:
        self._workspace, self._now = workspace, utc_now()
        monkeypatch.setattr("assets.retries.utc_now", lambda: self._now)

    @contextmanager
    def at_its_time(self) -> Iterator[dg.DagsterInstance]:
        with freeze_time(self._now):
            yield self._workspace.instance

    def asked_within(self, seconds: int, every: int = 15) -> int:
        """Count the runs that the ticks within `seconds` ask for."""
        before = len(self._workspace.instance.get_runs())
        for _ in range(seconds // every):
            self._now += timedelta(seconds=every)
            with self.at_its_time():
                list(execute_sensor_iteration(self._workspace, logging.getLogger("ticks"), None, None))
        return len(self._workspace.instance.get_runs()) - before

    def kill_runs(self) -> None:
        """Report runs whose process was killed as failed, as the next owner of the instance does."""
        with self.at_its_time() as instance:
            for run in instance.get_runs(filters=dg.RunsFilter(statuses=UNFINISHED)):
                instance.report_run_failed(run, message="Its process was killed.")


@pytest.fixture
def daemon(environment: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    with (
        own_instance(tmp_path / "dagster"),
        dg.DagsterInstance.from_config(str(tmp_path / "dagster")) as instance,
        WorkspaceProcessContext(instance, Location()) as workspace,
    ):
        yield Daemon(workspace, monkeypatch)


def upload(session_factory: SessionFactory, storage: Storage) -> None:
    then = utc_now() - timedelta(minutes=1)
    with transaction(session_factory) as session:
        org = add_org(session, "khan-motors", "Khan Motors", default_mapping="showroom")
        mapping = load_mapping("showroom")
        delivery = Delivery(org, "a.csv", STOCK, mapping)
        store_and_register(session, storage, delivery, received_at=then, now=then)


def land(settings: Settings) -> None:
    folder = settings.inbox / "khan-motors"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_bytes(STOCK)


@pytest.fixture(params=["uploaded", "landed"])
def file_waits(
    request: pytest.FixtureRequest, settings: Settings, session_factory: SessionFactory, storage: Storage
) -> Callable[[], None]:
    """Let one file wait, by either door."""
    if request.param == "uploaded":
        return lambda: upload(session_factory, storage)
    return lambda: land(settings)


def test_files_of_a_killed_run_are_asked_for_again_within_a_minute(
    daemon: Daemon, file_waits: Callable[[], None]
) -> None:
    assert daemon.asked_within(120) == 0
    file_waits()
    assert daemon.asked_within(120) == 1  # and not again while that run is under way
    daemon.kill_runs()
    assert daemon.asked_within(60) == 1


def test_files_that_no_run_can_decide_are_asked_for_ever_more_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    start, minutes = utc_now(), list[int]()
    with dg.DagsterInstance.ephemeral() as instance:
        for minute in range(300):
            now = start + timedelta(minutes=minute)
            monkeypatch.setattr("assets.retries.utc_now", lambda now=now: now)
            asked = next_attempt(instance, "dealer_feeds", "these files")
            if isinstance(asked, dg.RunRequest):
                assert not any(run.tags["dagster/run_key"] == asked.run_key for run in instance.get_runs())
                minutes.append(minute)
                with freeze_time(now):
                    tags = asked.tags | {"dagster/run_key": str(asked.run_key)}
                    run = instance.add_run(dg.DagsterRun(job_name="dealer_feeds", run_id=str(uuid4()), tags=tags))
                    instance.report_run_failed(run)
    pauses = [later - earlier for earlier, later in pairwise(minutes)]
    assert pauses == [1, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_imported_files_are_not_asked_for_again(daemon: Daemon, settings: Settings) -> None:
    land(settings)
    assert daemon.asked_within(60) == 1
    with daemon.at_its_time() as instance:
        seen = {INBOX_FINGERPRINT: inbox_fingerprint(settings.inbox)}
        instance.report_runless_asset_event(dg.AssetMaterialization(FEED_FILES, metadata=seen))
    daemon.kill_runs()
    assert daemon.asked_within(600, every=60) == 0  # what is due at any second stays due until it is asked for
