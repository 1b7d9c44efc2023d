"""Mask phone numbers, CNICs and e-mail addresses in the free texts of listings.

Buyers reach a seller through the platform; a number in a text would be copied into the index, the outbox of a partner
and every dump, where no erasure finds it.
"""

import polars as pl

from core.observability.redaction import mask_contacts
from pipelines.feeds.normalise.distinct import apply_distinct

TEXTS = ("title", "variant", "color_raw", "description", "city", "area", "registered_in", "model", "make")
_SUSPECT = r"\d[\d\s().+-]{7,}\d|@"
"""Everything that is masked matches this; most texts do not, and are not looked at any further."""


def mask_texts(cars: pl.DataFrame) -> pl.DataFrame:
    """Return the cars with contacts in their free texts masked."""
    found = cars.select(pl.col(*TEXTS).str.contains(_SUSPECT).any()).row(0, named=True)
    return cars.with_columns(_masked(cars, name) for name in TEXTS if found[name])


def _masked(cars: pl.DataFrame, name: str) -> pl.Series:
    return apply_distinct(cars.select(name), lambda rows: rows.select(_masked_expression(name))).to_series()


def _masked_expression(name: str) -> pl.Expr:
    text = pl.col(name)
    masked = pl.when(text.str.contains(_SUSPECT)).then(text).map_elements(mask_contacts, return_dtype=pl.String)
    return pl.coalesce(masked, text)
