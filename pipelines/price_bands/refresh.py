"""Keep `price_bands` level with the live listings and the champion model."""

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy.orm import Session

from core.clock import market_today
from core.prices.models import champion
from core.storage import Storage
from models.price_bands.artifact import PriceBandModel, loads
from models.price_bands.predict import MAIN_COLUMNS, predict_bands
from models.price_bands.train import fit_comparables_only, market_day
from pipelines.price_bands.repository import PriceBandRepository
from pipelines.price_bands.samples.choosing import choose_samples
from pipelines.price_bands.samples.teaching import teaching_ads
from pipelines.price_bands.versions.repository import PriceModelRepository

_AT_ONCE = 50_000


@dataclass(frozen=True)
class RefreshResult:
    """Counts of this refresh and of all bands after it: model + family + comparables + none = live listings."""

    computed: int  # live listings whose content or model was new
    removed: int  # bands of listings that are no longer live
    model: int
    family: int
    comparables: int
    none: int
    by_reason: dict[str, int]
    model_version: str | None


def refresh_bands(session: Session, storage: Storage) -> RefreshResult:
    """Keep one row for every live listing; compute and write only those that changed.

    Without a champion the bands come from comparables among the present listings themselves, and are computed anew
    when those change. Any number of refreshes at once do the work once: they take turns.
    """
    PriceModelRepository(session).lock()
    bands = PriceBandRepository(session)
    version, model = _answering(session, storage)
    removed = bands.remove_dead()
    computed = 0
    if bands.collect_stale(version):
        for cars in bands.stale_cars(_AT_ONCE):
            bands.stage(
                cars.select("listing_id", "listing_updated_at").hstack(predict_bands(model, cars).select(MAIN_COLUMNS))
            )
        computed = bands.merge(version)
    counts = bands.counts()
    return RefreshResult(
        computed, removed, **counts.by_method, by_reason=counts.by_reason, model_version=version or None
    )


def _answering(session: Session, storage: Storage) -> tuple[str, PriceBandModel | None]:
    """Load the champion, else comparables from the live listings, else (no priced listing at all) nothing."""
    row = champion(session)
    if row is not None:
        return row.version, loads(storage.get(row.storage_key))
    samples, _ = choose_samples(teaching_ads(PriceBandRepository(session).live_ads()))
    if samples.is_empty():
        return "", None
    digest = sha256(samples.write_csv().encode()).hexdigest()
    as_of = market_day(samples, otherwise=market_today())
    return f"comparables-{digest[:12]}", fit_comparables_only(samples, as_of=as_of)
