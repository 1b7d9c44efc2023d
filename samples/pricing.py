"""The formula behind the invented market's prices: what a price model should find, and cannot see.

    fair   = level(model) * trim * e^(-0.075 * age) * e^(-0.0016 * (km - 12,000 * age) / 1,000) * city * assembly
    asking = fair * e^noise,  noise ~ N(0, 0.07), rounded to what people say (5,000; from 3 million on 25,000)

`age` is in years at the market's day, at least 0. The wear term is kept within a factor of 0.75 to 1.25. The noise
bounds what any model can reach: the mean absolute percentage error of the formula itself is about 5.6 %.
"""

import math
from dataclasses import dataclass
from random import Random

from samples.catalogue import SampleModel

YEARLY_LOSS = 0.075
KM_PER_YEAR = 12_000
LOSS_PER_1000_KM = 0.0016
NOISE = 0.07
CITIES = {
    "Lahore": 1.0, "Karachi": 0.97, "Islamabad": 1.03, "Rawalpindi": 1.01, "Faisalabad": 0.98, "Multan": 0.97,
    "Peshawar": 0.95, "Gujranwala": 0.98, "Sialkot": 1.0, "Hyderabad": 0.95, "Quetta": 0.93, "Abbottabad": 0.98,
}  # fmt: skip
ASSEMBLY = {"local": 1.0, "imported": 1.06}


@dataclass(frozen=True)
class PricedCar:
    """The facts of a car that the formula knows; `age` in calendar years."""

    model: SampleModel
    variant: str
    age: int
    mileage_km: int
    city: str
    assembly: str


def fair_price(car: PricedCar) -> float:
    """Compute a car's price in rupees before noise."""
    age = max(0, car.age)
    wear = math.exp(-LOSS_PER_1000_KM * (car.mileage_km - KM_PER_YEAR * age) / 1000)
    factor = car.model.trims[car.variant] * math.exp(-YEARLY_LOSS * age) * min(max(wear, 0.75), 1.25)
    return car.model.level * factor * CITIES[car.city] * ASSEMBLY[car.assembly]


def rounded(price: float) -> int:
    """To the steps in which people name prices."""
    step = 25_000 if price >= 3_000_000 else 5_000
    return max(step, round(price / step) * step)


def asking_price(fair: float, random: Random) -> int:
    """Return the asking price: the fair one, misjudged by the market's noise, rounded."""
    return rounded(fair * math.exp(random.gauss(0, NOISE)))
