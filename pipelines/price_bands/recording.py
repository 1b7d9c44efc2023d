"""A judged model becomes a version: artefact and model card in storage, a row, and the decision about it."""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from core.clock import utc_now
from core.db.tables import PriceModel
from core.storage import Storage
from models.price_bands.artifact import CODE_VERSION, PriceBandModel, dumps
from models.price_bands.code_digest import code_digest
from models.price_bands.evaluation.model_card import render
from pipelines.price_bands.backtest import Trial
from pipelines.price_bands.model_repository import PriceModelRepository


@dataclass(frozen=True)
class Origin:
    """Where a version comes from: `kind` is trained or recalibrated, `parent` whose trees a recalibrated one has."""

    kind: str
    data_digest: str
    samples: int
    parent: str | None = None


def full_card(facts: dict[str, Any], trial: Trial, origin: Origin) -> dict[str, Any]:
    """The model card that the artefact carries: the given facts, where it comes from, and what its trial showed."""
    known = {
        "data_digest": origin.data_digest,
        "samples": origin.samples,
        "parent": origin.parent,
        "code_digest": code_digest(),
        "metrics": trial.as_json(),
    }
    return facts | {name: value for name, value in known.items() if value is not None}


def record_version(
    models: PriceModelRepository,
    storage: Storage,
    model: PriceBandModel,
    trial: Trial,
    origin: Origin,
    *,
    actor: str,
    replaces: str | None,
) -> PriceModel:
    """Store the artefact and its card, and make the model champion unless its trial speaks against it.

    Args:
        models: holds the lock.
        model: carries the facts about its data in `card`; the rest of the card is added here.
        replaces: the champion until now.
    """
    model = replace(model, card=full_card(model.card, trial, origin))
    data = dumps(model)
    version = f"{model.as_of:%Y%m%d}-{sha256(data).hexdigest()[:10]}"
    status = "rejected" if trial.worse_than else "champion"
    key = f"price_bands/models/{version}.zip"
    storage.put(key, data)
    storage.put(card_key(key), render(model.card, version=version, status=status).encode())
    row = PriceModel(
        version=version,
        status=status,
        storage_key=key,
        data_digest=origin.data_digest,
        code_version=CODE_VERSION,
        code_digest=code_digest(),
        samples=origin.samples,
        metrics=model.card["metrics"],
        origin=origin.kind,
        parent_version=origin.parent,
        trained_at=utc_now(),  # not the transaction's start: what arrived since may have been learnt from
    )
    models.add(row, actor=actor, reason=verdict(trial, replaces))
    return row


def card_key(storage_key: str) -> str:
    """Where the model card of the artefact under `storage_key` stands."""
    return storage_key.removesuffix(".zip") + ".md"


def model_card(storage: Storage, row: PriceModel) -> str:
    """The version's card as Markdown; one sentence for versions from before there were cards."""
    key = card_key(row.storage_key)
    return storage.get(key).decode() if storage.exists(key) else f"Version {row.version} has no model card."


def verdict(trial: Trial, replaces: str | None) -> str:
    """One sentence for people: what became of the model, and why."""
    ours, plain = trial.metrics, trial.heuristic
    errors = f"median error {ours.median_ape:.1%} (the plain median by make, model and year: {plain.median_ape:.1%})"
    if trial.worse_than:
        stays = f"version {replaces} stays champion" if replaces else "there is still no champion"
        where = f" in {', '.join(trial.worse_in)}" if trial.worse_in else ""
        return f"Rejected: worse than the {trial.worse_than}{where} beyond noise, {errors}; {stays}."
    replaced = f" in place of {replaces}" if replaces else ""
    return f"New champion{replaced}: {errors}."
