"""A table of fields into the canonical listing: types, units, spellings; and the problems that rules reject for."""

import polars as pl

from pipelines.feeds.catalogue import Identity, identify, make_name, model_name
from pipelines.feeds.mapping import Mapping
from pipelines.feeds.normalise import dates, numbers, places, words
from pipelines.feeds.normalise.distinct import fold

LONGEST = {
    "title": 300, "make": 80, "model": 80, "variant": 200, "color_raw": 100, "description": 10_000, "url": 2_000,
    "city": 80, "area": 120, "registered_in": 80, "branch_code": 63,
}  # fmt: skip
"""Characters kept of a text: a row need not go for a long one."""
MOST_PHOTOS = 60

_SAID = pl.Struct(
    {"make": pl.String, "model": pl.String, "variant": pl.String, "title_year": pl.Int32, "url_year": pl.Int32}
)
_PLACE = pl.Struct({"area": pl.String, "city": pl.String, "province": pl.String})


def _pairwise(frame: pl.DataFrame, distinct: pl.DataFrame) -> pl.Series:
    """The last column of `distinct` for every row of `frame`, matched on the others, nulls included."""
    *on, value = distinct.columns
    return frame.select(on).join(distinct, on=on, how="left", nulls_equal=True, maintain_order="left")[value]


def _said(fields: pl.DataFrame, *, split_title: bool) -> pl.Series:
    """What title and address say of make, model, variant and years, asked once per distinct pair."""
    pairs = fields.select("title", "url").unique()
    nothing = Identity()
    found = [vars(identify(*pair) if split_title else nothing) for pair in pairs.iter_rows()]
    return _pairwise(fields, pairs.with_columns(pl.Series("said", found, _SAID)))


def _model(fields: pl.DataFrame) -> pl.Series:
    """The model column in catalogue spelling."""
    pairs = fields.select("make", "model").unique()
    models = [None if model is None else model_name(make or "", model) for make, model in pairs.iter_rows()]
    return _pairwise(fields, pairs.with_columns(pl.Series("own_model", models, pl.String)))


def _place(text: str) -> dict[str, str | None]:
    return vars(places.split_location(text))


def _spaced(column: str) -> pl.Expr:
    return pl.col(column).str.replace_all(r"\s+", " ").str.strip_chars()


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
        _said(fields, split_title=mapping.split_title).alias("said"),
    )


def _plain_photos() -> pl.Expr:
    """The cell, with the addresses alone where it holds JSON: `[{"url": "https:\\/\\/…", "tag": ["Front"]}]`."""
    cell = pl.col("photos")
    unescaped = cell.str.replace_all("\\/", "/", literal=True).str.replace_all("\\u0026", "&", literal=True)
    found = unescaped.str.extract_all(r"""(?m)["']https?://[^"'\\]+["']|^https?://\S+$""").list
    addresses = found.eval(pl.element().str.strip_chars("\"'")).list.join("\n")
    return pl.when(cell.str.contains(r"(?m)^\s*[\[{]")).then(addresses).otherwise(cell)


def _photos(mapping: Mapping) -> pl.Expr:
    """Addresses in the sender's order, each once."""
    one = pl.element().str.strip_chars()
    bare = pl.lit(bool(mapping.photo_base)) & (one != "") & ~one.str.contains(r"[\s:/\\]")
    address = pl.when(one.str.contains(r"^https?://\S+$")).then(one).when(bare).then(pl.lit(mapping.photo_base) + one)
    split = _plain_photos().str.replace_all(mapping.photo_separator, "\n").str.split("\n")
    kept = split.list.eval(address.otherwise(None).drop_nulls())
    return kept.list.unique(maintain_order=True).list.head(MOST_PHOTOS).fill_null([]).alias("photos")


def _channels(column: pl.Series) -> pl.Series:
    """Channels of the cell, sorted; an unknown word stays in and is rejected by its rule.

    Worked out once per spelling: sorting a list is the dearest thing that can be done to every row.
    """
    cells = pl.DataFrame({"channels": column})
    split = (
        pl.col("channels")
        .str.to_lowercase()
        .str.replace_all(r"[\s|,;/+&]+", "\n")
        .str.strip_chars("\n")
        .str.split("\n")
    )
    words = cells.unique().with_columns(split.list.unique().list.sort().alias("words"))
    return _pairwise(cells, words).alias("channels")


def _identity_columns() -> list[pl.Expr]:
    said = pl.col("said").struct
    year_text = numbers.plain(pl.col("model_year")).str.extract(r"(?:^|\D)(\d{4})(?:\D|$)", 1)
    make = pl.coalesce("own_make", said.field("make"))
    model = pl.coalesce("own_model", said.field("model"))
    variant = pl.coalesce(_spaced("variant"), said.field("variant"))
    year = pl.coalesce(year_text.cast(pl.Int32), said.field("title_year"), said.field("url_year"))
    composed = pl.concat_str(make, model, variant, year.cast(pl.String), separator=" ", ignore_nulls=True)
    return [
        pl.col("key").alias("source_key"),
        pl.coalesce(_spaced("title"), composed).alias("title"),
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
        pl.coalesce(_spaced("area"), place.field("area")).alias("area"),
        pl.coalesce("own_province", place.field("province"), names).alias("province"),
        pl.col("own_registered_in").alias("registered_in"),
    ]


def normalise(fields: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    """Canonical columns (not yet judged: `model_year` is Int32) beside `row_number`, `year_written` (whether a
    year stood there) and the reject codes that normalising found, `price_problem` and `mileage_problem`.

    Same rows in the same order. Nothing raises, whatever the text: what cannot be read is null or a problem.
    """
    price = numbers.price(fields, default_currency=mapping.currency, bare_unit=mapping.bare_price_unit)
    mileage = numbers.mileage(fields, default_unit=mapping.mileage_unit)
    engine = numbers.engine(fields["engine"])
    listed_on = dates.listed_on(fields["listed_on"], order=mapping.date_order)
    direct = [pl.col(f"own_{field}").alias(field) for field in ("fuel", "transmission", "body", "assembly", "color")]
    url = pl.col("url")
    cars = _with_folded(fields, mapping).select(
        "row_number",
        *_identity_columns(),
        *price.get_columns(),
        *mileage.get_columns(),
        *direct,
        _spaced("color").alias("color_raw"),
        *engine.get_columns(),
        *_place_columns(),
        "description",
        _photos(mapping),
        pl.when(url.str.contains(r"^https?://\S+$")).then(url).otherwise(None).alias("url"),
        listed_on,
        _spaced("branch_code").str.to_lowercase().alias("branch_code"),
        pl.col("visibility").str.to_lowercase().str.strip_chars(),
        _channels(fields["channels"]),
    )
    return cars.with_columns(pl.col(name).str.slice(0, length) for name, length in LONGEST.items())
