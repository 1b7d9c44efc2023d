"""The champion model in memory, and its successor as soon as there is one."""

import logging
import threading
import time
from dataclasses import dataclass, replace
from functools import cached_property

from sqlalchemy.orm import Session

from core.db.tables import PriceModel
from core.errors import AutomartError
from core.prices.models import champion
from core.storage import Storage
from models.price_bands.artifact import PriceBandModel, loads
from models.sale_prices.train import SaleModel
from serving.price_bands.errors import NoPriceModelError
from serving.price_bands.expected_sale import sale_model_of
from serving.price_bands.repository import newest_sale_model

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Champion:
    """A loaded version, and the sale model that answers beside it."""

    version: str
    model: PriceBandModel
    sales: SaleModel | None = None  # None before the first fit

    @cached_property
    def trims(self) -> dict[str, list[str]]:
        """The trims that the regression knows, without blanks, by `make|model` in folded spelling."""
        known: dict[str, list[str]] = {}
        if self.model.regression is not None:
            for key in self.model.regression.price.usual.groups["variant"]:
                car, _, trim = key.rpartition("|")
                known.setdefault(car, []).append(trim)
        return known

    @property
    def trim_words(self) -> list[str]:
        """All words of trims that the regression knows, in alphabetical order."""
        regression = self.model.regression
        return [] if regression is None else regression.price.encoder.vocabularies["token"]


class ChampionCache:
    """The champion for many threads; one of them looks for a new version every `check_every` seconds.

    While one thread loads a version the others answer from the one before: a promotion drops no request and
    delays only the one that noticed it. A version that cannot be read leaves the present one in place.
    """

    def __init__(self, storage: Storage, *, check_every: float = 3.0) -> None:
        self._storage = storage
        self._check_every = check_every
        self._present: Champion | None = None
        self._checked_at = float("-inf")
        self._lock = threading.Lock()

    def get(self, session: Session) -> Champion | None:
        """Return the champion; None before the first training."""
        present = self._present
        if time.monotonic() - self._checked_at < self._check_every:
            return present
        # Every thread waits for the first load; after it, none waits.
        if not self._lock.acquire(blocking=present is None):
            return present
        try:
            if time.monotonic() - self._checked_at >= self._check_every:
                self._present = self._newest(champion(session), sale_model_of(newest_sale_model(session)))
                self._checked_at = time.monotonic()
            return self._present
        finally:
            self._lock.release()

    def ready(self) -> Champion | None:
        """Return the champion without asking the database; None when it is time to look, or none is loaded."""
        fresh = time.monotonic() - self._checked_at < self._check_every
        return self._present if fresh or self._lock.locked() else None

    def require(self, session: Session) -> Champion:
        """Return the champion.

        Raises:
            NotFoundError: `no_price_model`: none has been trained.
        """
        found = self.get(session)
        if found is None:
            raise NoPriceModelError
        return found

    def _newest(self, row: PriceModel | None, sales: SaleModel | None) -> Champion | None:
        if row is None:
            return None
        if self._present is not None and self._present.version == row.version:
            # A champion keeps what it has worked out (`trims`) while the sale model is the same.
            return self._present if self._present.sales == sales else replace(self._present, sales=sales)
        try:
            return Champion(row.version, loads(self._storage.get(row.storage_key)), sales)
        except AutomartError:
            if self._present is None:
                raise
            _log.exception("price model %s cannot be loaded; %s goes on", row.version, self._present.version)
            return self._present
