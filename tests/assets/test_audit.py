"""The daily verification of the audit trail passes while it is whole, and fails by name when it is not."""

from collections.abc import Iterator

import dagster as dg
import pytest
from sqlalchemy import Engine, text

from assets.definitions import defs
from assets.keys import AUDIT_TRAIL
from core.db.session import SessionFactory, transaction
from core.settings import Settings
from core.storage import Storage
from tests.pipelines.audit.trails import built


@pytest.fixture
def instance(environment: Settings) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def checked(instance: dg.DagsterInstance) -> dg.AssetCheckEvaluation:
    job = defs().resolve_job_def("audit_verification")
    result = job.execute_in_process(instance=instance)
    assert result.success
    return result.get_asset_check_evaluations()[0]


def test_whole_trail_passes_and_a_damaged_one_is_named(
    instance: dg.DagsterInstance, session_factory: SessionFactory, admin_engine: Engine, storage: Storage
) -> None:
    with transaction(session_factory) as session:
        built(session, storage)
    assert checked(instance).passed
    event = instance.get_latest_materialization_event(AUDIT_TRAIL)
    assert event is not None
    assert event.asset_materialization is not None
    assert event.asset_materialization.metadata["verified"].value == 30

    with admin_engine.begin() as session:
        session.execute(text("ALTER TABLE audit_records DISABLE TRIGGER USER"))
        session.execute(text("UPDATE audit_records SET reason = 'better' WHERE subject_id = '7'"))
        session.execute(text("ALTER TABLE audit_records ENABLE TRIGGER USER"))
    found = checked(instance)
    assert not found.passed
    assert found.metadata["number"].value == 7
