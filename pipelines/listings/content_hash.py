"""Digest the content of a listing in 128 bits: a car is unchanged where the digest of its canonical columns is.

The canonical form is written down here and versioned, since digests outlive the process, the library and the
machine that made them. It is a byte string a row: the fields of `LISTING_SCHEMA` in order, each `-` (null) or `+`
and its value, with NUL between them. PostgreSQL text cannot hold NUL, so two different rows that can be stored have
different forms. Values: text as it is; whole numbers in decimal; kWh as whole Wh (a float's digits depend on who
prints them); dates as days since 1970; lists as their length and items, with channels sorted because they are a set.
A row that has a chassis number ends with NUL and the number's blind index; the form of all others is as if there were
no such field, so that they are unchanged by it.
"""

from hashlib import blake2b

import polars as pl

from core.listing_frame import LISTING_SCHEMA

CONTENT_HASH_VERSION = 1
"""Raise it whenever the form below changes, a column of LISTING_SCHEMA included. Stored digests of older versions
are then renewed quietly by the next delivery instead of reporting every car as updated."""

_DIGEST_BYTES = 16
_SEPARATOR = "\x00"
_SETS = frozenset({"channels"})


def content_hashes(frame: pl.DataFrame) -> pl.Series:
    """Digest each row of a listing frame, with `chassis_index` if it has one: 16 bytes, named `content_hash`."""
    forms = frame.select(
        pl.concat_str([_field(name) for name in LISTING_SCHEMA], separator=_SEPARATOR).cast(pl.Binary)
    ).to_series()
    whole = forms.to_list()
    if "chassis_index" in frame.columns and frame["chassis_index"].null_count() < frame.height:
        pairs = zip(whole, frame["chassis_index"], strict=True)
        whole = [form if index is None else form + b"\x00" + index for form, index in pairs]
    digests = [blake2b(form, digest_size=_DIGEST_BYTES).digest() for form in whole]
    return pl.Series("content_hash", digests, dtype=pl.Binary)


def _field(name: str) -> pl.Expr:
    dtype = LISTING_SCHEMA[name]
    value = pl.col(name)
    if isinstance(dtype, pl.List):
        items = (value.list.eval(pl.element().sort()) if name in _SETS else value).fill_null([])
        value = pl.concat_str(items.list.len().cast(pl.String), items.list.join(_SEPARATOR), separator=_SEPARATOR)
    elif dtype.is_float():
        value = (value * 1000).round().cast(pl.Int64, strict=False).cast(pl.String)
    elif dtype.is_temporal():
        value = value.to_physical().cast(pl.String)
    elif dtype != pl.String:
        value = value.cast(pl.String)
    return pl.concat_str(pl.lit("+"), value).fill_null("-")
