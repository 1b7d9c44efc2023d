"""The cars that the invented dealers offer, drawn by seed."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from samples.catalogue import SampleModel, sample_models
from samples.dealers import SampleOrg
from samples.pricing import CITIES, PricedCar, asking_price, fair_price, rounded

MARKET_DAY = date(2026, 10, 31)
"""The market's fixed first day; day 2 is the day after. Nothing here reads a clock."""

COLORS = ("White", "Super White", "Black", "Attitude Black", "Silver", "Silky Silver", "Graphite Grey", "Blue",
          "Strong Blue Metallic", "Burgundy", "Red", "Pearl White", "Gun Metallic", "Bronze Mica", "Beige")  # fmt: skip
AREAS = ("Main Boulevard", "Cantt", "Satellite Town", "Canal Road", "Ring Road", "Model Town", "Airport Road")
CALL_FOR_PRICE = 0.03
LISTED_WITHIN_DAYS = 60


@dataclass(frozen=True)
class SampleCar:
    """One car on offer. `price` None: call for price; `fair` is what the formula says before noise."""

    key: str
    make: str
    model: str
    variant: str
    model_year: int
    mileage_km: int
    price: int | None
    fair: int
    fuel: str
    transmission: str
    body: str
    assembly: str
    color: str
    engine_cc: int | None
    battery_kwh: float | None
    city: str
    area: str
    registered_in: str
    branch: str | None
    listed_on: date
    visibility: str
    channels: tuple[str, ...]


def _visibility(random: Random, stated: tuple[str, ...]) -> str:
    drawn = random.random()
    wanted = "wholesale_public" if drawn < 0.09 else "private" if drawn < 0.13 else "public"
    return wanted if wanted in stated else "public"


def _channels(random: Random, *, choosable: bool) -> tuple[str, ...]:
    drawn = random.random()
    if not choosable or drawn > 0.18:
        return ("automart", "autotrader")
    return ("autotrader",) if drawn < 0.12 else ("automart",)


def _model_year(random: Random, model: SampleModel) -> int:
    first, last = model.years
    return max(first, last - int(random.expovariate(0.16)))


def _mileage(random: Random, age: int) -> int:
    driven = random.lognormvariate(0, 0.35) * 12_000 * max(age, 0.3)
    return max(10, round(min(driven, 400_000) / 100) * 100)


@dataclass(frozen=True)
class StatedAudiences:
    """The audiences that a format can name: visibilities beside public, and whether a channel can be chosen."""

    visibilities: tuple[str, ...] = ()
    channels: bool = False


def _car(random: Random, key: str, org: SampleOrg, listed_on: date, audiences: StatedAudiences) -> SampleCar:
    models = sample_models()
    model = random.choices(models, [entry.share for entry in models])[0]
    variant = random.choice(list(model.trims))
    year = _model_year(random, model)
    mileage = _mileage(random, MARKET_DAY.year - year)
    branch = random.choice(org.branches) if org.branches else None
    city = branch.city if branch else random.choice(list(CITIES))
    assembly = random.choice(model.assembly)
    fair = fair_price(PricedCar(model, variant, MARKET_DAY.year - year, mileage, city, assembly))
    asked = asking_price(fair, random)
    return SampleCar(
        key=key,
        make=model.make,
        model=model.model,
        variant=variant,
        model_year=year,
        mileage_km=mileage,
        price=asked if random.random() >= CALL_FOR_PRICE and model.priced else None,
        fair=round(fair),
        fuel=random.choice(model.fuel),
        transmission=random.choice(model.gearbox),
        body=model.body,
        assembly=assembly,
        color=random.choice(COLORS),
        engine_cc=model.cc,
        battery_kwh=model.kwh,
        city=city,
        area=random.choice(AREAS),
        registered_in=random.choice((city, city, "Punjab", "Sindh", "Islamabad", "Un-Registered")),
        branch=branch.code if branch else None,
        listed_on=listed_on,
        visibility=_visibility(random, audiences.visibilities),
        channels=_channels(random, choosable=audiences.channels),
    )


def stock(org: SampleOrg, count: int, audiences: StatedAudiences, *, seed: int, day: int = 1) -> list[SampleCar]:
    """Make the cars of an organisation on a day of the market.

    Keys stay with their cars. On day 2 about 4 % are gone, 10 % are cheaper, and 5 % are new.
    """
    random = Random(f"{seed}:{org.code}")
    first = 10_000_000 if org.kind == "marketplace" else 1001
    prefix = "" if org.kind == "marketplace" else org.code[:2].upper()

    def draw(source: Random, number: int, listed_on: date) -> SampleCar:
        return _car(source, f"{prefix}{first + number}", org, listed_on, audiences)

    cars = [
        draw(random, number, MARKET_DAY - timedelta(days=random.randrange(LISTED_WITHIN_DAYS)))
        for number in range(count)
    ]
    if day == 1:
        return cars
    changes = Random(f"{seed}:{org.code}:{day}")
    today = MARKET_DAY + timedelta(days=day - 1)
    kept = [_aged(car, changes.random(), today) for car in cars]
    new = [draw(changes, count + number, today) for number in range(round(count * 0.05))]
    return [car for car in kept if car is not None] + new


def _aged(car: SampleCar, drawn: float, today: date) -> SampleCar | None:
    if drawn < 0.04:
        return None
    if drawn < 0.14 and car.price is not None:
        return replace(car, price=rounded(car.price * 0.96), listed_on=today)
    return car
