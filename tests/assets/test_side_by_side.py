"""Runs of different domains go side by side: a file is imported and searchable while a training goes on.

The queue, the daemon and the runs are the real ones; each run is a process of its own.
"""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import dagster as dg
import pytest
import yaml
from sqlalchemy import text

from assets.definitions import defs
from assets.keys import DOMAIN_TAG
from assets.runs import own_instance
from core.access.audience import Audience
from core.db.session import SessionFactory, transaction
from core.identity.orgs import ensure_org
from core.search import SearchQuery, open_search_engine
from core.settings import Settings, child_environment
from tests import waiting

ROOT = Path(__file__).parents[2]
WORKSPACE = ROOT / "assets" / "workspace.yaml"
SHEET = "Stock No,Title,Make,Model,Year,Demand,Branch,Status\nA1,Toyota Yaris,Toyota,Yaris,2021,45 lacs,,\n"


def test_every_job_names_a_domain_that_has_a_limit() -> None:
    repository = defs().get_repository_def()
    jobs = [job for job in repository.get_all_jobs() if not job.name.startswith("__")]
    limits = yaml.safe_load((ROOT / "assets" / "dagster.yaml").read_text())["concurrency"]["runs"][
        "tag_concurrency_limits"
    ]
    limited = {limit["value"] for limit in limits if limit["key"] == DOMAIN_TAG}
    assert {job.name: job.tags.get(DOMAIN_TAG) for job in jobs if job.tags.get(DOMAIN_TAG) not in limited} == {}
    assert len(jobs) >= 6


@pytest.fixture
def instance(settings: Settings, session_factory: SessionFactory) -> Iterator[dg.DagsterInstance]:
    """The instance of a home, with its daemon at work."""
    with own_instance(settings.dagster_home) as folder:
        log = (settings.home / "daemon.log").open("wb")
        daemon = subprocess.Popen(
            [sys.executable, "-m", "dagster._daemon", "run", "-w", str(WORKSPACE)],
            env=child_environment(settings), cwd=ROOT, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            with dg.DagsterInstance.from_config(str(folder)) as instance:
                yield instance
        finally:
            daemon.terminate()
            daemon.wait(60)
            log.close()


def launch(settings: Settings, job: str) -> None:
    command = [sys.executable, "-m", "dagster", "job", "launch", "-w", str(WORKSPACE), "-j", job]
    done = subprocess.run(command, env=child_environment(settings), cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


until = partial(waiting.until, seconds=240)


def status(instance: dg.DagsterInstance, job: str) -> dg.DagsterRunStatus | None:
    runs = instance.get_runs(filters=dg.RunsFilter(job_name=job))
    return runs[0].status if runs else None


@pytest.mark.timeout(600)
def test_file_is_imported_and_searchable_while_a_training_goes_on(
    instance: dg.DagsterInstance, settings: Settings, session_factory: SessionFactory
) -> None:
    with transaction(session_factory) as session:
        ensure_org(session, "khan-motors", "Khan Motors", default_mapping="showroom")
    (settings.inbox / "khan-motors").mkdir(parents=True)
    (settings.inbox / "khan-motors" / "stock.csv").write_text(SHEET)
    with session_factory() as other:  # a training that takes long: this one waits for its turn to train
        other.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('price training', 0))"))
        launch(settings, "price_training")
        waiting = "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        until(lambda: bool(other.scalar(text(waiting))))
        launch(settings, "dealer_feeds")
        until(lambda: status(instance, "dealer_feeds") == dg.DagsterRunStatus.SUCCESS)
        assert status(instance, "price_training") == dg.DagsterRunStatus.STARTED
        index = open_search_engine(settings)
        assert index.search(SearchQuery("yaris"), Audience.anonymous()).total == 1
    until(lambda: status(instance, "price_training") == dg.DagsterRunStatus.SUCCESS)
