"""Convert a table of fields into canonical listings: types, units and spellings, with the problems found on the way."""

import polars as pl

from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.normalise import dates, numbers, places, words
from pipelines.feeds.normalise.catalogue import Identity, identify, make_and_model
from pipelines.feeds.normalise.chassis import read_chassis_number
from pipelines.feeds.normalise.contacts import mask_texts
from pipelines.feeds.normalise.distinct import apply_distinct, map_distinct
from pipelines.feeds.normalise.photos import photo_lists

LONGEST = {
    "title": 300, "make": 80, "model": 80, "variant": 200, "color_raw": 100, "description": 10_000, "url": 2_000,
    "city": 80, "area": 120, "registered_in": 80, "branch_code": 63,
}  # fmt: skip
"""Characters kept of a text: a row need not go for a long one."""

_IDENTITY_SCHEMA = pl.Schema(
    {"make": pl.String, "model": pl.String, "variant": pl.String, "title_year": pl.Int32, "url_year": pl.Int32}
)
_PLACE = pl.Struct({"area": pl.String, "city": pl.String, "province": pl.String})


def _identity_from_title(fields: pl.DataFrame, *, split_title: bool) -> pl.DataFrame:
    """Take make, model, variant and years out of title and address, once for each distinct pair."""
    if not split_title:
        return pl.select(
            pl.repeat(None, fields.height, dtype=dtype).alias(name) for name, dtype in _IDENTITY_SCHEMA.items()
        )
    pairs: dict[tuple[str | None, str | None], Identity] = {}
    found = []
    for pair in fields.select("title", "url").iter_rows():
        if pair not in pairs:
            pairs[pair] = identify(*pair)
        found.append(pairs[pair])
    return pl.DataFrame(
        {name: [getattr(each, name) for each in found] for name in _IDENTITY_SCHEMA}, schema=_IDENTITY_SCHEMA
    )


def _make_and_model(fields: pl.DataFrame) -> list[pl.Series]:
    """Return make and model in the spelling of the catalogue."""

    def spelled(rows: pl.DataFrame) -> pl.DataFrame:
        pairs = {pair: make_and_model(*pair) for pair in set(rows.iter_rows())}
        schema = {"own_make": pl.String, "own_model": pl.String}
        return pl.DataFrame([pairs[pair] for pair in rows.iter_rows()], schema=schema, orient="row")

    return apply_distinct(fields.select("make", "model"), spelled).get_columns()


def _place(text: str) -> dict[str, str | None]:
    return vars(places.split_location(text))


def _single_blanks(column: str) -> pl.Expr:
    """Replace runs of blanks by one plain blank; texts without any, which are most, are not rewritten."""
    return pl.col(column).str.replace_all(r"\s{2,}|[^\S ]", " ").str.strip_chars()


def _tidy(fields: pl.DataFrame, column: str) -> pl.Series:
    return apply_distinct(fields.select(column), lambda rows: rows.select(_single_blanks(column))).to_series()


def _with_folded(fields: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    """Add the columns that are converted once for each distinct word, under `own_` names."""
    patterns = {
        "fuel": words.FUELS,
        "transmission": words.TRANSMISSIONS,
        "body": words.BODIES,
        "assembly": words.ASSEMBLIES,
    }
    folded = [
        map_distinct(fields[field], lambda text, known=known: words.first_match(text, known)).alias(f"own_{field}")  # type: ignore[misc]  # mypy cannot type a bound default
        for field, known in patterns.items()
    ]
    return fields.with_columns(
        *folded,
        map_distinct(fields["color"], words.color).alias("own_color"),
        map_distinct(fields["city"], _place, _PLACE).alias("city_place"),  # a cell of a city may hold its area, too
        map_distinct(fields["province"], places.province_name).alias("own_province"),
        map_distinct(fields["registered_in"], places.registration).alias("own_registered_in"),
        map_distinct(fields["location"], _place, _PLACE).alias("place"),
        *_make_and_model(fields),
        _tidy(fields, "variant").alias("own_variant"),
        _tidy(fields, "area").alias("own_area"),
        *apply_distinct(fields.select("model_year"), _year),
        *(
            _identity_from_title(fields, split_title=mapping.split_title)
            .select(pl.all().name.prefix("titled_"))
            .get_columns()
        ),
    )


def _channels(rows: pl.DataFrame) -> pl.DataFrame:
    """Split the cell into sorted channels; an unknown word stays in the list and is rejected by its rule."""
    split = pl.col("channels").str.to_lowercase().str.replace_all(r"[\s|,;/+&]+", "\n").str.strip_chars("\n")
    return rows.select(split.str.split("\n").list.unique().list.sort().alias("channels"))


def _year(rows: pl.DataFrame) -> pl.DataFrame:
    text = numbers.plain(pl.col("model_year")).str.extract(r"(?:^|\D)(\d{4})(?:\D|$)", 1)
    return rows.select(text.cast(pl.Int32).alias("own_year"))


def _identity_columns(*, all_titled: bool) -> list[pl.Expr]:
    make = pl.coalesce("own_make", "titled_make")
    model = pl.coalesce("own_model", "titled_model")
    variant = pl.coalesce("own_variant", "titled_variant")
    year = pl.coalesce("own_year", "titled_title_year", "titled_url_year")
    composed = pl.concat_str(make, model, variant, year.cast(pl.String), separator=" ", ignore_nulls=True)
    return [
        pl.col("key").alias("source_key"),
        (_single_blanks("title") if all_titled else pl.coalesce(_single_blanks("title"), composed)).alias("title"),
        make.alias("make"),
        model.alias("model"),
        variant.alias("variant"),
        year.alias("model_year"),
        (pl.col("model_year").is_not_null() | year.is_not_null()).alias("year_written"),
    ]


def _place_columns() -> list[pl.Expr]:
    own, place = pl.col("city_place").struct, pl.col("place").struct
    return [
        pl.coalesce(own.field("city"), place.field("city")).alias("city"),
        pl.coalesce("own_area", own.field("area"), place.field("area")).alias("area"),
        pl.coalesce("own_province", own.field("province"), place.field("province")).alias("province"),
        pl.col("own_registered_in").alias("registered_in"),
    ]


def _priced(fields: pl.DataFrame) -> pl.DataFrame:
    """Return `price` and `currency`, beside each bare price the unit that a cell of its own gives."""
    is_bare = pl.col("price").str.contains(r"\p{N}\s*$") & pl.col("price_unit").is_not_null()
    with_unit = pl.when(is_bare).then(pl.concat_str("price", "price_unit", separator=" ")).otherwise(pl.col("price"))
    return fields.select("currency", "price" if fields["price_unit"].null_count() == fields.height else with_unit)


def normalise(fields: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    """Return the canonical columns, and beside them `row_number`, `chassis_number`, `year_written` and two of problems.

    `model_year` is Int32 and not yet judged; `year_written` says whether the sender gave any year; `price_problem` and
    `mileage_problem` are reject codes or null. Rows stay in their order. Nothing raises, whatever the text: a value
    that cannot be read is null or a problem.
    """
    price = apply_distinct(
        _priced(fields),
        lambda rows: numbers.price(rows, default_currency=mapping.currency, bare_unit=mapping.bare_price_unit),
    )
    mileage = apply_distinct(
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
        *apply_distinct(fields.select("engine"), lambda rows: numbers.engine(rows.to_series())),
        *_place_columns(),
        "description",
        photo_lists(fields["photos"], mapping),
        pl.when(url.str.contains(r"^https?://\S+$")).then(url).otherwise(None).alias("url"),
        *apply_distinct(
            fields.select("listed_on"),
            lambda rows: dates.listed_on(rows.to_series(), order=mapping.date_order).to_frame(),
        ),
        *apply_distinct(
            fields.select("branch_code"), lambda rows: rows.select(_single_blanks("branch_code").str.to_lowercase())
        ),
        *apply_distinct(
            fields.select("visibility"), lambda rows: rows.select(pl.all().str.to_lowercase().str.strip_chars())
        ),
        *apply_distinct(fields.select("channels"), _channels),
        map_distinct(fields["chassis_number"], read_chassis_number),
    )
    return _truncate_texts(mask_texts(cars))


def ignore_price_problems(cars: pl.DataFrame) -> pl.DataFrame:
    """Clear the price problems, for cars that are to be priced: an unusable price must not reject their row."""
    return cars.with_columns(pl.lit(None, pl.String).alias("price_problem"))


def _truncate_texts(cars: pl.DataFrame) -> pl.DataFrame:
    longest = cars.select(pl.col(*LONGEST).str.len_bytes().max()).row(0, named=True)
    long = [name for name, length in LONGEST.items() if (longest[name] or 0) > length]
    return cars.with_columns(pl.col(name).str.slice(0, LONGEST[name]) for name in long)
