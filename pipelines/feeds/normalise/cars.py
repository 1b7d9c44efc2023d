"""A table of fields into the canonical listing: types, units, spellings; and the problems that rules reject for."""

import polars as pl

from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.normalise import dates, numbers, places, words
from pipelines.feeds.normalise.catalogue import Identity, identify, make_name, model_name
from pipelines.feeds.normalise.distinct import each, fold
from pipelines.feeds.normalise.photos import photo_lists

LONGEST = {
    "title": 300, "make": 80, "model": 80, "variant": 200, "color_raw": 100, "description": 10_000, "url": 2_000,
    "city": 80, "area": 120, "registered_in": 80, "branch_code": 63,
}  # fmt: skip
"""Characters kept of a text: a row need not go for a long one."""

_SAID = pl.Schema(
    {"make": pl.String, "model": pl.String, "variant": pl.String, "title_year": pl.Int32, "url_year": pl.Int32}
)
_PLACE = pl.Struct({"area": pl.String, "city": pl.String, "province": pl.String})


def _said(fields: pl.DataFrame, *, split_title: bool) -> pl.DataFrame:
    """What title and address say of make, model, variant and years, asked once per distinct pair."""
    if not split_title:
        return pl.select(pl.repeat(None, fields.height, dtype=dtype).alias(name) for name, dtype in _SAID.items())
    pairs: dict[tuple[str | None, str | None], Identity] = {}
    found = []
    for pair in fields.select("title", "url").iter_rows():
        if pair not in pairs:
            pairs[pair] = identify(*pair)
        found.append(pairs[pair])
    return pl.DataFrame({name: [getattr(each, name) for each in found] for name in _SAID}, schema=_SAID)


def _model(fields: pl.DataFrame) -> pl.Series:
    """The model column in catalogue spelling."""

    def spelled(rows: pl.DataFrame) -> pl.DataFrame:
        models = [None if model is None else model_name(make or "", model) for make, model in rows.iter_rows()]
        return pl.DataFrame({"own_model": models}, schema={"own_model": pl.String})

    return each(fields.select("make", "model"), spelled).to_series()


def _place(text: str) -> dict[str, str | None]:
    return vars(places.split_location(text))


def _spaced(column: str) -> pl.Expr:
    """With single plain blanks. A blank that is single and plain already is not looked at: most are."""
    return pl.col(column).str.replace_all(r"\s{2,}|[^\S ]", " ").str.strip_chars()


def _tidy(fields: pl.DataFrame, column: str) -> pl.Series:
    return each(fields.select(column), lambda rows: rows.select(_spaced(column))).to_series()


def _with_folded(fields: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    """Fields plus what is folded word by word, under `own_` names."""
    patterns = {
        "fuel": words.FUELS,
        "transmission": words.TRANSMISSIONS,
        "body": words.BODIES,
        "assembly": words.ASSEMBLIES,
    }
    folded = [
        fold(fields[field], lambda text, known=known: words.first_match(text, known)).alias(f"own_{field}")  # type: ignore[misc]  # mypy cannot type a bound default
        for field, known in patterns.items()
    ]
    return fields.with_columns(
        *folded,
        fold(fields["color"], words.color).alias("own_color"),
        fold(fields["make"], make_name).alias("own_make"),
        fold(fields["city"], places.city_name).alias("own_city"),
        fold(fields["province"], places.province_name).alias("own_province"),
        fold(fields["registered_in"], places.registration).alias("own_registered_in"),
        fold(fields["location"], _place, _PLACE).alias("place"),
        _model(fields),
        _tidy(fields, "variant").alias("own_variant"),
        _tidy(fields, "area").alias("own_area"),
        *each(fields.select("model_year"), _year),
        *(_said(fields, split_title=mapping.split_title).select(pl.all().name.prefix("said_")).get_columns()),
    )


def _channels(rows: pl.DataFrame) -> pl.DataFrame:
    """Channels of the cell, sorted; an unknown word stays in and is rejected by its rule."""
    split = pl.col("channels").str.to_lowercase().str.replace_all(r"[\s|,;/+&]+", "\n").str.strip_chars("\n")
    return rows.select(split.str.split("\n").list.unique().list.sort().alias("channels"))


def _year(rows: pl.DataFrame) -> pl.DataFrame:
    text = numbers.plain(pl.col("model_year")).str.extract(r"(?:^|\D)(\d{4})(?:\D|$)", 1)
    return rows.select(text.cast(pl.Int32).alias("own_year"))


def _identity_columns(*, all_titled: bool) -> list[pl.Expr]:
    make = pl.coalesce("own_make", "said_make")
    model = pl.coalesce("own_model", "said_model")
    variant = pl.coalesce("own_variant", "said_variant")
    year = pl.coalesce("own_year", "said_title_year", "said_url_year")
    composed = pl.concat_str(make, model, variant, year.cast(pl.String), separator=" ", ignore_nulls=True)
    return [
        pl.col("key").alias("source_key"),
        (_spaced("title") if all_titled else pl.coalesce(_spaced("title"), composed)).alias("title"),
        make.alias("make"),
        model.alias("model"),
        variant.alias("variant"),
        year.alias("model_year"),
        (pl.col("model_year").is_not_null() | year.is_not_null()).alias("year_written"),
    ]


def _place_columns() -> list[pl.Expr]:
    place = pl.col("place").struct
    city = pl.coalesce("own_city", place.field("city"))
    names = pl.col("own_city").replace_strict(places.city_provinces(), default=None, return_dtype=pl.String)
    return [
        city.alias("city"),
        pl.coalesce("own_area", place.field("area")).alias("area"),
        pl.coalesce("own_province", place.field("province"), names).alias("province"),
        pl.col("own_registered_in").alias("registered_in"),
    ]


def normalise(fields: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    """Canonical columns (not yet judged: `model_year` is Int32) beside `row_number`, `year_written` (whether a
    year stood there) and the reject codes that normalising found, `price_problem` and `mileage_problem`.

    Same rows in the same order. Nothing raises, whatever the text: what cannot be read is null or a problem.
    """
    price = each(
        fields.select("price", "currency"),
        lambda rows: numbers.price(rows, default_currency=mapping.currency, bare_unit=mapping.bare_price_unit),
    )
    mileage = each(
        fields.select("mileage", "mileage_unit"), lambda rows: numbers.mileage(rows, default_unit=mapping.mileage_unit)
    )
    url = pl.col("url")
    cars = _with_folded(fields, mapping).select(
        "row_number",
        *_identity_columns(all_titled=not fields["title"].null_count()),
        *price.get_columns(),
        *mileage.get_columns(),
        *(pl.col(f"own_{field}").alias(field) for field in ("fuel", "transmission", "body", "assembly", "color")),
        _tidy(fields, "color").alias("color_raw"),
        *each(fields.select("engine"), lambda rows: numbers.engine(rows.to_series())),
        *_place_columns(),
        "description",
        photo_lists(fields["photos"], mapping),
        pl.when(url.str.contains(r"^https?://\S+$")).then(url).otherwise(None).alias("url"),
        *each(
            fields.select("listed_on"),
            lambda rows: dates.listed_on(rows.to_series(), order=mapping.date_order).to_frame(),
        ),
        *each(fields.select("branch_code"), lambda rows: rows.select(_spaced("branch_code").str.to_lowercase())),
        *each(fields.select("visibility"), lambda rows: rows.select(pl.all().str.to_lowercase().str.strip_chars())),
        *each(fields.select("channels"), _channels),
    )
    return _cut(cars)


def forgive_prices(cars: pl.DataFrame) -> pl.DataFrame:
    """For cars that are to be priced: a price that cannot be used is no reason to reject its row."""
    return cars.with_columns(pl.lit(None, pl.String).alias("price_problem"))


def _cut(cars: pl.DataFrame) -> pl.DataFrame:
    longest = cars.select(pl.col(*LONGEST).str.len_bytes().max()).row(0, named=True)
    long = [name for name, length in LONGEST.items() if (longest[name] or 0) > length]
    return cars.with_columns(pl.col(name).str.slice(0, LONGEST[name]) for name in long)
