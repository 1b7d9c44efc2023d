"""Explain an estimate: the contribution of each input in rupees, beside a typical car of the same model.

The contributions are Shapley values (Shapley 1953; Lundberg and Lee 2017, section 2) of the game whose players are
the inputs in which the car differs from the typical one and whose value is the model's own middle price: an input's
contribution is its effect on the price, averaged over all orders in which the typical car can be turned into this one.
They need nothing of the model but its answers, so they are right for whatever the model is made of, and they add up:
reference + contributions = middle, to the rupee.
"""

from dataclasses import dataclass
from math import factorial

import numpy as np
import polars as pl

from models.price_bands.artifact import PriceBandModel
from models.price_bands.inputs.columns import Floats, Ints
from models.price_bands.predict import predict_bands

INPUTS: dict[str, tuple[str, ...]] = {
    "year": ("model_year",),
    "mileage": ("mileage_km",),
    "variant": ("variant",),
    "engine": ("engine_cc", "battery_kwh"),
    "fuel": ("fuel",),
    "transmission": ("transmission",),
    "body": ("body",),
    "assembly": ("assembly",),
    "color": ("color",),
    "city": ("city", "province"),
    "registered_in": ("registered_in",),
}
"""The inputs that are told apart, and their columns in a canonical frame."""
NOT_STATED = "not_stated"
"""Inputs that the typical car states and this one does not, as one input: their effects cannot be told apart."""


@dataclass(frozen=True)
class Contributions:
    """`reference_pkr` + the sum of `by_input` = `mid_pkr`; the largest contribution first."""

    reference_pkr: int
    mid_pkr: int
    by_input: dict[str, int]


def contributions(model: PriceBandModel, car: pl.DataFrame, typical: pl.DataFrame) -> Contributions | None:
    """Explain one car beside another of the same make and model; None where either, or one between, has no band.

    Args:
        model: what answers.
        car: one row of canonical columns.
        typical: one row; of `INPUTS` the columns that `car` has.
    """
    players = _players(car, typical)
    orders = np.arange(2 ** len(players))
    taken = {name: (orders >> bit) & 1 == 1 for bit, name in enumerate(players)}
    columns = []
    for name in car.columns:
        player = next((player for player, columns in players.items() if name in columns), None)
        theirs = typical[name] if name in typical.columns else car[name]
        if player is None:
            columns.append(car[name].new_from_index(0, len(orders)))
        else:
            choice = pl.Series(taken[player].astype(np.int8))
            columns.append(pl.concat([theirs.cast(car[name].dtype), car[name]]).gather(choice).alias(name))
    bands = predict_bands(model, pl.DataFrame(columns))
    if bands["mid_pkr"].null_count():
        return None
    value = bands["mid_pkr"].cast(pl.Float64).to_numpy()
    shares = np.array([_shapley(value, taken[name], orders, len(players), bit) for bit, name in enumerate(players)])
    whole = _rounded(shares, int(value[-1] - value[0]))
    by_input = dict(sorted(zip(players, whole, strict=True), key=lambda pair: (-abs(pair[1]), pair[0])))
    return Contributions(int(value[0]), int(value[-1]), by_input)


def _players(car: pl.DataFrame, typical: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """Collect the inputs in which the cars differ, and their columns; those that the car does not state are one."""
    players: dict[str, tuple[str, ...]] = {}
    unstated: tuple[str, ...] = ()
    for name, columns in INPUTS.items():
        known = tuple(column for column in columns if column in car.columns and column in typical.columns)
        different = tuple(column for column in known if car[column][0] != typical[column][0])
        if different and all(car[column][0] is None for column in known):
            unstated += known
        elif different:
            players[name] = known
    return players | ({NOT_STATED: unstated} if unstated else {})


def _shapley(value: Floats, taken: Ints, orders: Ints, players: int, bit: int) -> float:
    """Compute the mean gain of taking a player's input over from the car, over all orders."""
    without = orders[~taken.astype(bool)]
    size = np.array([int(order).bit_count() for order in without])
    weights = np.array([factorial(n) * factorial(players - n - 1) / factorial(players) for n in range(players)])
    return float((weights[size] * (value[without | (1 << bit)] - value[without])).sum())


def _rounded(shares: Floats, total: int) -> list[int]:
    """Round to whole rupees that add up to `total`: what rounding leaves over goes where it was cut off most."""
    whole = np.floor(shares).astype(np.int64)
    left = total - int(whole.sum())
    for position in np.argsort(whole - shares, kind="stable")[: max(left, 0)]:
        whole[position] += 1
    return [int(each) for each in whole]
