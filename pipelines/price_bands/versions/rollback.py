"""Make an earlier price model answer again, when the present one is wrong in a way that no evaluation showed."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.db.tables import PriceModel
from core.errors import ConflictError, NotFoundError
from core.prices.models import champion
from core.storage import Storage
from models.price_bands.artifact import loads
from pipelines.price_bands.versions.repository import PriceModelRepository


@dataclass(frozen=True)
class RollbackResult:
    """The version that answers now, and the one that it replaced (None: there was no champion)."""

    version: str
    replaced: str | None


def rollback(
    session: Session, storage: Storage, version: str | None = None, *, actor: str, reason: str
) -> RollbackResult:
    """Make an earlier version champion again; the one that was champion before the present one if none is named.

    The artefact is loaded first: what cannot be read does not become champion. Who did it and why is kept in
    `price_model_events`. The API answers from the version seconds after the commit; stored bands follow with the next
    refresh, which the caller starts.

    Raises:
        NotFoundError: `no_such_price_model`, `no_earlier_price_model`; or the artefact is gone from storage.
        ConflictError: `already_champion`; `never_champion`: the promotion gate rejected the version.
        UnreadableArtifactError: the artefact is damaged or of another code version.
    """
    models = PriceModelRepository(session)
    models.lock_training()
    models.lock()
    present = champion(session)
    target = _target(models, present, version)
    loads(storage.get(target.storage_key))
    models.promote(target, actor=actor, reason=reason)
    return RollbackResult(target.version, present.version if present else None)


def _target(models: PriceModelRepository, present: PriceModel | None, version: str | None) -> PriceModel:
    if version is None:
        earlier = models.champion_before(present) if present else None
        if earlier is None:
            raise NotFoundError(
                "No earlier version was ever champion; `automart price-bands models` lists them.",
                code="no_earlier_price_model",
            )
        return earlier
    found = models.find(version)
    if found is None:
        raise NotFoundError(
            f"There is no price model {version!a}; `automart price-bands models` lists them.",
            code="no_such_price_model",
        )
    if found.status == "champion":
        raise ConflictError(f"Version {found.version} is the champion already.", code="already_champion")
    if found.status == "rejected":
        raise ConflictError(
            f"Version {found.version} was rejected by the promotion gate and never answered.", code="never_champion"
        )
    return found
