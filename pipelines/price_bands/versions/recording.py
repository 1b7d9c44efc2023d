"""Record an evaluated model as a version: artefact and model card in storage, a row, and the decision about it."""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from core.clock import utc_now
from core.db.tables import PriceModel
from core.storage import Storage
from models.price_bands.artifact import CODE_VERSION, PriceBandModel, dumps
from models.price_bands.code_digest import code_digest
from models.price_bands.evaluation.model_card import render
from pipelines.price_bands.versions.backtest import Evaluation
from pipelines.price_bands.versions.repository import PriceModelRepository


@dataclass(frozen=True)
class Origin:
    """The origin of a version: `kind` is trained or recalibrated; `parent` is the version whose trees it has."""

    kind: str
    data_digest: str
    samples: int
    parent: str | None = None


def full_card(facts: dict[str, Any], found: Evaluation, origin: Origin) -> dict[str, Any]:
    """Make the model card that the artefact carries: the facts, where it comes from, and what its evaluation showed."""
    known = {
        "data_digest": origin.data_digest,
        "samples": origin.samples,
        "parent": origin.parent,
        "code_digest": code_digest(),
        "metrics": found.as_json(),
    }
    return facts | {name: value for name, value in known.items() if value is not None}


@dataclass(frozen=True)
class Candidate:
    """A model, what its evaluation showed, and where it comes from; `replaces` is the champion until now."""

    model: PriceBandModel  # its card carries the facts about its data; the rest of the card is added here
    evaluation: Evaluation
    origin: Origin
    replaces: str | None

    @property
    def verdict(self) -> str:
        """One sentence for people: what became of the model, and why."""
        found, replaces = self.evaluation, self.replaces
        ours, plain = found.metrics, found.heuristic
        errors = f"median error {ours.median_ape:.1%} (the plain median by make, model, year: {plain.median_ape:.1%})"
        stays = f"version {replaces} stays champion" if replaces else "there is still no champion"
        if found.violations:
            return f"Rejected: {found.violations[0].sentence().removesuffix('.')}; {stays}."
        if found.worse_than:
            where = f" in {', '.join(found.worse_in)}" if found.worse_in else ""
            return f"Rejected: worse than the {found.worse_than}{where} beyond noise, {errors}; {stays}."
        replaced = f" in place of {replaces}" if replaces else ""
        return f"New champion{replaced}: {errors}."


def record_version(models: PriceModelRepository, storage: Storage, candidate: Candidate, *, actor: str) -> PriceModel:
    """Store the artefact and its card, and make the model champion if its evaluation passes.

    Args:
        models: holds the lock.
        storage: where artefacts stand.
        candidate: what to record.
        actor: who decided, for `price_model_events`.
    """
    found, origin = candidate.evaluation, candidate.origin
    model = replace(candidate.model, card=full_card(candidate.model.card, found, origin))
    data = dumps(model)
    version = f"{model.as_of:%Y%m%d}-{sha256(data).hexdigest()[:10]}"
    status = "champion" if found.passes else "rejected"
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
    models.add(row, actor=actor, reason=candidate.verdict)
    return row


def card_key(storage_key: str) -> str:
    """Name the object with the model card of the artefact under `storage_key`."""
    return storage_key.removesuffix(".zip") + ".md"


def model_card(storage: Storage, row: PriceModel) -> str:
    """Read the version's card as Markdown; give one sentence for versions from before there were cards."""
    key = card_key(row.storage_key)
    return storage.get(key).decode() if storage.exists(key) else f"Version {row.version} has no model card."
