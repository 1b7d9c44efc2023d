"""Make copies of training cars with inputs left out, as callers and feeds leave them out.

Nearly every training ad states nearly every input, so the errors of a model on them say nothing about a quote for make,
model and year alone. Errors on masked copies do.
"""

from dataclasses import replace

import numpy as np

from models.price_bands.inputs.columns import Booleans, Floats, Ints, TextColumn
from models.price_bands.inputs.features import CarFeatures
from models.price_bands.inputs.unstated import FIELDS, NUMBER_FIELDS

GROUPS: dict[str, tuple[str, ...]] = {
    "variant": ("variant",),
    "mileage": ("km",),
    "transmission": ("transmission",),
    "fuel": ("fuel",),
    "body": ("body",),
    "assembly": ("assembly",),
    "engine": ("cc", "kwh"),
    "place": ("province", "city_key"),
    "registered_in": ("registered_key",),
}
"""Inputs that are stated or left out together."""

_MOST_COPIES, _MOST_ROWS = 7, 25_000
_KINDS = {"one_group": 0.4, "some": 0.2, "named": 0.15, "named_and_mileage": 0.05, "named_and_trim": 0.1,
          "named_trim_and_mileage": 0.1}  # fmt: skip
"""Shares of the copies. `one_group`: one group is left out; `some`: each is, with a probability drawn for the copy;
`named…`: make, model and year are stated, and at most mileage and trim beside them."""

_TRIM_ALONE = 0.3
_FIRST_NAMED = list(_KINDS).index("named")
_STATED = {"named_and_mileage": ("mileage",), "named_and_trim": ("variant",),
           "named_trim_and_mileage": ("variant", "mileage")}  # fmt: skip


def masked_copies(height: int, seed: int) -> tuple[Ints, Booleans]:
    """Draw copies of cars: the row of each copy's car, and its mask (copies, FIELDS); many cars get fewer each."""
    random = np.random.default_rng([seed, height])
    copies = min(max(_MOST_ROWS // max(height, 1), 1), _MOST_COPIES)
    rows = np.tile(np.arange(height, dtype=np.int64), copies)
    if len(rows) > _MOST_ROWS:
        rows = np.sort(random.permutation(rows)[:_MOST_ROWS])
    count = len(rows)
    groups = random.random((count, len(GROUPS))) < random.random((count, 1))
    kind = random.choice(len(_KINDS), size=count, p=list(_KINDS.values()))
    one = kind == 0
    alone = random.choice(len(GROUPS), size=int(one.sum()), p=_share_of_group())
    groups[one] = np.eye(len(GROUPS), dtype=np.bool_)[alone]
    groups[kind >= _FIRST_NAMED] = True
    for number, name in enumerate(_KINDS):
        for stated in _STATED.get(name, ()):
            groups[kind == number, list(GROUPS).index(stated)] = False
    members = np.array([[field in fields for field in FIELDS] for fields in GROUPS.values()])
    return rows, groups.astype(np.int64) @ members > 0


def _share_of_group() -> Floats:
    """Return how often each group is the one left out: the trim most, since bands without it are calibrated apart."""
    shares = np.full(len(GROUPS), (1 - _TRIM_ALONE) / (len(GROUPS) - 1))
    shares[list(GROUPS).index("variant")] = _TRIM_ALONE
    return shares


def leave_out(features: CarFeatures, mask: Booleans) -> CarFeatures:
    """Leave out inputs of cars, as if their ads did not state them; `mask` is (cars, FIELDS)."""
    of = dict(zip(FIELDS, mask.T, strict=True))
    features = features.with_variant(_blank(features.variant, of["variant"]))
    keys = {name: _blank(column, of[name]) if name in of else column for name, column in features.keys.items()}
    km, cc, kwh = (np.where(of[name], np.nan, getattr(features, name)) for name in NUMBER_FIELDS)
    return replace(features, keys=keys, km=km, cc=cc, kwh=kwh)


def _blank(column: TextColumn, where: Booleans) -> TextColumn:
    return TextColumn([*column.texts, ""], np.where(where, len(column.texts), column.index))
