"""Run a job of the graph in this process, on the instance that the UI shows, and report its progress."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from uuid import uuid4

import dagster as dg

from assets.keys import ALL_KEYS
from core.errors import ConflictError
from core.folders.plain_path import plain_path
from core.folders.writable import writable_folder

_UNDER_WAY = (dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING)
_CONFIGURATION = ("dagster.yaml", "workspace.yaml")
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class RunReport:
    """The outcome of a run: the number of assets made, of checks passed, and the checks that failed or warned."""

    run_id: str
    success: bool
    materialized: int
    checks_passed: int
    checks_failed: list[str]
    checks_warned: list[str]


@contextmanager
def own_instance(dagster_home: Path) -> Iterator[Path]:
    """Own the instance for as long as the block lasts, configured as this package says and without runs under way.

    Yields the folder by the name that Dagster is to use for it (see `core.folders.plain_path`).

    `dagster.yaml` and `workspace.yaml` are data of the package `assets`, so an installed wheel has them too; they are
    copied to `dagster_home`.

    A run whose process was killed stays "started" in Dagster's storage for ever, and with one run at a time it would
    hold up every later one. The kernel drops the lock of a killed owner, so the process that gets it knows that no run
    is alive, and marks the open ones as failed.

    Raises:
        ConflictError: another process owns the instance (`home_in_use`).
        InvalidInputError: the folder cannot be written (`home_not_writable`).
    """
    writable_folder(dagster_home)
    with (dagster_home / "owner.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConflictError(
                f"Another `automart up` or `demo` is at work in {dagster_home.parent}: stop it, or set AUTOMART_HOME.",
                code="home_in_use",
            ) from error
        for name in _CONFIGURATION:
            (dagster_home / name).write_bytes(files("assets").joinpath(name).read_bytes())
        plain = plain_path(dagster_home)
        with dg.DagsterInstance.from_config(str(plain)) as instance:
            _close_abandoned_runs(instance)
        yield plain


def _close_abandoned_runs(instance: dg.DagsterInstance) -> None:
    under_way = dg.RunsFilter(statuses=list(_UNDER_WAY))
    for run in instance.get_runs(filters=under_way):
        instance.report_run_failed(
            run, message="Its process was killed; what it had not finished waits for the next run."
        )


def asset_names(job: str) -> list[str]:
    """Name the assets of a job in the order in which they come to exist, as `domain/noun`."""
    from assets.definitions import defs

    selected = defs().resolve_job_def(job).asset_layer.executable_asset_keys
    return [key.to_user_string() for key in ALL_KEYS if key in selected]


def run_job(dagster_home: Path, job: str, on_asset: Callable[[str], None]) -> RunReport:
    """Run `job` to its end; `on_asset` is called with `domain/noun` whenever one has been materialised.

    The run is an ordinary one of the instance, so the UI shows it afterwards like any other.
    """
    from assets.definitions import defs

    loaded = defs()
    with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
        run_id = str(uuid4())
        instance.add_event_listener(run_id, lambda event: _report_materialization(event, on_asset))
        result = loaded.resolve_job_def(job).execute_in_process(
            instance=instance, run_id=run_id, run_config=_QUIET, raise_on_error=False
        )
    checks = result.get_asset_check_evaluations()
    missed = [check for check in checks if not check.passed]
    return RunReport(
        run_id=run_id,
        success=result.success,
        materialized=len(result.get_asset_materialization_events()),
        checks_passed=sum(check.passed for check in checks),
        checks_failed=[check.check_name for check in missed if check.severity is dg.AssetCheckSeverity.ERROR],
        checks_warned=[check.check_name for check in missed if check.severity is dg.AssetCheckSeverity.WARN],
    )


def _report_materialization(entry: dg.EventLogEntry, on_asset: Callable[[str], None]) -> None:
    event = entry.dagster_event
    if event is not None and event.is_step_materialization and event.asset_key is not None:
        on_asset(event.asset_key.to_user_string())
