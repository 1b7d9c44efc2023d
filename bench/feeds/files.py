"""The files of the feed benchmark: a dealer's stock as CSV or XML, the same bytes for the same numbers of rows.

The cells are what dealers write ("45.5 lacs", "61,300 km", a place in one cell), every 500th row lacks its year and
is rejected. A `changed_every` of 100 lowers the price of every hundredth car.
"""

from pathlib import Path

import polars as pl

MAPPING = "showroom"
_MODELS = (
    ("Toyota", "Corolla"), ("Toyota", "Yaris"), ("Honda", "Civic"), ("Honda", "City"), ("Suzuki", "Alto"),
    ("Suzuki", "Cultus"), ("Suzuki", "Wagon R"), ("KIA", "Sportage"), ("Hyundai", "Tucson"), ("Changan", "Alsvin"),
)  # fmt: skip
_WORDS = {
    "Variant": ("GLi 1.3 VVTi", "Oriel 1.8", "VXR", "Aspire 1.5 CVT", "Ultimate", "AGS", "Standard"),
    "Fuel": ("Petrol", "Petrol", "Petrol", "Diesel", "Hybrid"),
    "Transmission": ("Automatic", "Manual", "A/T", "M/T"),
    "Body": ("Sedan", "Hatchback", "SUV"),
    "Assembly": ("Local", "Imported"),
    "Colour": ("White", "Super White", "Black", "Silver Metallic", "Graphite Grey", "Red"),
    "Engine": ("1300 cc", "1800 cc", "660 cc", "1000 cc", "1.5L"),
    "Location": ("DHA Phase 5, Lahore Punjab", "Clifton, Karachi Sindh", "F-10, Islamabad", "Saddar, Peshawar KPK"),
    "Registered": ("Lahore", "Karachi", "Islamabad", "Un-Registered"),
    "Status": ("Available",),
    "Show To": ("everyone", "everyone", "dealers"),
    "Branch": ("main", "dha"),
}  # fmt: skip


def _pick(words: tuple[str, ...], salt: int) -> pl.Expr:
    place = (pl.col("n") * 2_654_435_761 + salt * 40_503) // 65_536 % len(words)
    return place.replace_strict(list(range(len(words))), list(words), return_dtype=pl.String)


def _photos() -> pl.Expr:
    addresses = [pl.format("https://cdn.example.pk/cars/{}/{}.jpg", "n", pl.lit(at)) for at in range(4)]
    return pl.concat_str(addresses, separator="|")


def stock(rows: int, *, first: int = 0, changed_every: int = 0) -> pl.DataFrame:
    """22 columns of text in the showroom's layout; cars are numbered from `first`."""
    numbers = pl.DataFrame({"n": pl.int_range(first, first + rows, dtype=pl.Int64, eager=True)})
    words = [_pick(words, salt).alias(name) for salt, (name, words) in enumerate(_WORDS.items())]
    price = 8 + pl.col("n") * 7 % 900 / 10
    if changed_every:
        price = pl.when(pl.col("n") % changed_every == 0).then(price - 0.5).otherwise(price)
    year = pl.when(pl.col("n") % 500 == 499).then(pl.lit("")).otherwise((2000 + pl.col("n") * 31 % 25).cast(pl.String))
    model = _pick(tuple(f"{make}|{model}" for make, model in _MODELS), 99).str.split("|")
    cars = numbers.with_columns(words).with_columns(Make=model.list.get(0), Model=model.list.get(1), Year=year)
    hundreds = (pl.col("n") * 17 % 1000).cast(pl.String).str.zfill(3)
    day = pl.date(2025, 1 + pl.col("n") % 12, 1 + pl.col("n") // 12 % 28).dt.strftime("%d/%m/%Y")
    return cars.select(
        pl.format("ST-{}", "n").alias("Stock No"),
        pl.format("{} {} {} {}", "Make", "Model", "Variant", "Year").alias("Title"),
        "Make",
        "Model",
        "Variant",
        "Year",
        pl.format("{},{} km", 10 + pl.col("n") * 13 % 150, hundreds).alias("Mileage"),
        pl.format("PKR {} lacs", price.round(1)).alias("Demand"),
        "Fuel", "Transmission", "Body", "Assembly", "Colour", "Engine", "Location", "Registered",
        pl.format('Car {}: first owner, "bumper to bumper" original, token tax paid', "n").alias("Remarks"),
        _photos().alias("Photos"),
        day.alias("Listed"),
        "Branch", "Status", "Show To",
    )  # fmt: skip


def write_csv(path: Path, rows: int, *, first: int = 0, changed_every: int = 0) -> Path:
    stock(rows, first=first, changed_every=changed_every).write_csv(path)
    return path


def write_big_csv(path: Path, rows: int, *, changed_every: int = 0, at_once: int = 250_000) -> Path:
    """Write the same CSV as `write_csv`, without holding the whole file in memory."""
    with path.open("wb") as file:
        for first in range(0, rows, at_once):
            part = stock(min(at_once, rows - first), first=first, changed_every=changed_every)
            file.write(part.write_csv(include_header=first == 0).encode())
    return path
