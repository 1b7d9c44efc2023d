"""The instance has one owner, and what a killed owner left open is closed by the next."""

from pathlib import Path
from uuid import uuid4

import dagster as dg
import pytest

from assets.runs import own_instance
from core.errors import ConflictError


def test_runs_of_a_killed_process_do_not_stay_open(tmp_path: Path) -> None:
    with own_instance(tmp_path), dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        killed = instance.add_run(
            dg.DagsterRun(job_name="dealer_feeds", run_id=str(uuid4()), status=dg.DagsterRunStatus.STARTED)
        )
        done = instance.add_run(
            dg.DagsterRun(job_name="dealer_feeds", run_id=str(uuid4()), status=dg.DagsterRunStatus.SUCCESS)
        )
    with own_instance(tmp_path), dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        ended = {run.run_id: run.status for run in instance.get_runs()}
    assert ended == {killed.run_id: dg.DagsterRunStatus.FAILURE, done.run_id: dg.DagsterRunStatus.SUCCESS}


def test_second_owner_is_told_to_wait(tmp_path: Path) -> None:
    with own_instance(tmp_path):
        with pytest.raises(ConflictError, match="AUTOMART_HOME") as caught, own_instance(tmp_path):
            pass
        assert caught.value.code == "home_in_use"
    with own_instance(tmp_path):
        pass


def test_any_folder_name_will_do(tmp_path: Path) -> None:
    folder = tmp_path / 'Ali Khan\'s 100%25 + & # ? "cars" ö'
    with own_instance(folder) as home, dg.DagsterInstance.from_config(str(home)) as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization("cars"))
        assert instance.get_latest_materialization_event(dg.AssetKey("cars")) is not None
    assert {"dagster.yaml", "workspace.yaml", "history"} <= {each.name for each in folder.iterdir()}
