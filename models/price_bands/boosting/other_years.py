"""Copy training cars at other model years, so that the booster learns that a newer car is not the cheaper one.

Each car stands again at a few other years near its own, all else as it is. The copies have no price; what is learnt
from them is that of two of one car the newer should not be estimated lower (`residual_trees.fit_price`).
"""

from dataclasses import dataclass, replace

import numpy as np

from models.price_bands.inputs.columns import Ints
from models.price_bands.inputs.features import OLDEST_AGE, CarFeatures

COPIES = 4
YEARS_APART = 8
MOST_CARS = 6_000
"""Of more cars a random part is copied, since training would take twice as long."""


@dataclass(frozen=True)
class OtherYears:
    """Training cars, and after them their copies.

    `row` is the training car of each; `pairs` are rows of an older and the next newer one of the same car.
    """

    features: CarFeatures
    row: Ints
    pairs: Ints  # (pairs, 2)


def other_years(cars: CarFeatures, seed: int) -> OtherYears:
    """Copy cars at years drawn by `seed`; never at a year that has not come."""
    random = np.random.default_rng(seed)
    height = cars.height
    chosen = np.sort(random.permutation(height)[:MOST_CARS])
    apart = np.array([year for year in range(-YEARS_APART, YEARS_APART + 1) if year], dtype=np.int64)
    drawn = random.permuted(np.tile(apart, (len(chosen), 1)), axis=1)[:, :COPIES]
    row, newer = np.repeat(chosen, COPIES), drawn.ravel()
    age = cars.age[row] - newer
    possible = (age >= 0) & (age <= OLDEST_AGE)
    row, newer, age = row[possible], newer[possible], age[possible]
    of_car = np.concatenate([np.arange(height, dtype=np.int64), row])
    copies = cars.take(of_car)
    years, ages = copies.year.copy(), copies.age.copy()
    years[height:] += newer
    ages[height:] = age
    order = np.lexsort((years, of_car))
    same = of_car[order[1:]] == of_car[order[:-1]]
    pairs = np.column_stack([order[:-1][same], order[1:][same]])
    return OtherYears(replace(copies, year=years, age=ages), of_car, pairs)
