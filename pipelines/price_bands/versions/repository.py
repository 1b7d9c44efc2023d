"""SQL of the versions of the price model and of what was decided about them; the only writer of both tables."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.locks import lock_name
from core.db.tables import PriceModel, PriceModelEvent

_NEWEST_FIRST = (PriceModel.trained_at.desc(), PriceModel.id.desc())


_VERBS = {"promoted": "promote", "rejected": "reject", "rolled_back": "roll_back"}


class PriceModelRepository:
    """The versions of the price model."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lock_training(self) -> None:
        """Let one training, recalibration or rollback at a time go on; refreshes of bands do not wait for it.

        Whoever takes both locks takes this one first.
        """
        lock_name(self._session, "price training")

    def lock(self) -> None:
        """Let one refresh, or one decision about the champion, at a time go on; the others wait until it commits."""
        lock_name(self._session, "price bands")

    def of_samples(self, digest: str, code_digest: str) -> PriceModel | None:
        """Find the version that was trained on these samples by this code."""
        return self._session.scalar(
            select(PriceModel)
            .where(
                PriceModel.data_digest == digest,
                PriceModel.code_digest == code_digest,
                PriceModel.origin == "trained",
            )
            .order_by(*_NEWEST_FIRST)
            .limit(1)
        )

    def find(self, version: str) -> PriceModel | None:
        """Find the version of that name."""
        return self._session.scalar(select(PriceModel).where(PriceModel.version == version))

    def champion_before(self, present: PriceModel) -> PriceModel | None:
        """Find the newest retired version that is older than `present`."""
        older = PriceModel.trained_at < present.trained_at
        same_moment = (PriceModel.trained_at == present.trained_at) & (PriceModel.id < present.id)
        return self._session.scalar(
            select(PriceModel)
            .where(PriceModel.status == "retired", older | same_moment)
            .order_by(*_NEWEST_FIRST)
            .limit(1)
        )

    def add(self, model: PriceModel, *, actor: str, reason: str) -> None:
        """Record a version and the decision about it; a new champion retires the old one."""
        replaced = self._retire() if model.status == "champion" else None
        self._session.add(model)
        kind = "promoted" if model.status == "champion" else "rejected"
        self._record(model.version, replaced, kind, actor, reason)

    def promote(self, model: PriceModel, *, actor: str, reason: str) -> None:
        """Make a recorded version champion again."""
        replaced = self._retire()
        model.status = "champion"
        self._record(model.version, replaced, "rolled_back", actor, reason)

    def _retire(self) -> str | None:
        """Retire the champion first: the index allows one at any moment."""
        statement = (
            update(PriceModel)
            .where(PriceModel.status == "champion")
            .values(status="retired")
            .returning(PriceModel.version)
        )
        replaced = self._session.scalar(statement)
        self._session.flush()
        return replaced

    def _record(self, version: str, replaced: str | None, kind: str, actor: str, reason: str) -> None:
        self._session.add(PriceModelEvent(version=version, replaced=replaced, kind=kind, actor=actor, reason=reason))
        self._session.flush()
        before = None if replaced is None else {"champion": replaced}
        act = Act(f"price_model.{_VERBS[kind]}", "price_model", version, None, before, {"kind": kind}, reason)
        record(self._session, Actor.system(f"price bands by {actor}"), act)
