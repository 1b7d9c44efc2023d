"""Every decision about a version of the price model stands in the audit trail."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables import PriceModel
from core.db.tables.audit import AuditRecord
from pipelines.price_bands.versions.repository import PriceModelRepository


def version(name: str, status: str) -> PriceModel:
    return PriceModel(
        version=name, status=status, storage_key=name, data_digest=name, code_version=1, samples=9, metrics={}
    )


def test_promotion_rejection_and_rollback_are_recorded(session: Session) -> None:
    models = PriceModelRepository(session)
    first = version("one", "champion")
    models.add(first, actor="price_training", reason="the first")
    models.add(version("two", "champion"), actor="price_training", reason="better")
    models.add(version("three", "rejected"), actor="price_training", reason="worse")
    models.promote(first, actor="ayesha", reason="hybrids at half")
    rows = session.scalars(select(AuditRecord).order_by(AuditRecord.id)).all()
    assert [(row.action, row.subject_id, row.before, row.reason) for row in rows] == [
        ("price_model.promote", "one", None, "the first"),
        ("price_model.promote", "two", {"champion": "one"}, "better"),
        ("price_model.reject", "three", None, "worse"),
        ("price_model.roll_back", "one", {"champion": "two"}, "hybrids at half"),
    ]
    assert rows[-1].actor == "price bands by ayesha"
