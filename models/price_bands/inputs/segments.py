"""Segments of the market in which bands tend to fail: the same for backtests, the gate and the daily watch."""

import polars as pl

from models.price_bands.inputs.features import fold

OLD_AGE = 20
THIN_MODEL = 30
_LARGE_MAKES = 5
_AGE_EDGES = (5, 12, OLD_AGE)
_LARGE_PROVINCES = 3


def segment_masks(cars: pl.DataFrame, training: pl.DataFrame) -> dict[str, pl.Series]:
    """Mask the cars of each segment; a segment without cars is left out.

    Args:
        cars: canonical listing columns with `price_pkr`.
        training: the cars that the model learnt from; a model with fewer than `THIN_MODEL` of them is a rare one.
    """
    known = training.group_by(model=_model_key()).len("sample_size")
    facts = cars.select(
        model=_model_key(),
        make=fold("make"),
        province=fold("province") if "province" in cars.columns else pl.lit(""),
        year="model_year",
        price="price_pkr",
    )
    facts = facts.join(known, on="model", how="left", maintain_order="left").with_columns(
        pl.col("sample_size").fill_null(0)
    )
    masks = _by_popularity_and_age(facts) | _by_price(facts) | _by_name(facts)
    found = {name: facts.select(mask.fill_null(value=False).alias(name)).to_series() for name, mask in masks.items()}
    return {name: mask for name, mask in found.items() if mask.any()}


def _model_key() -> pl.Expr:
    return fold("make") + "|" + fold("model")


def _by_popularity_and_age(facts: pl.DataFrame) -> dict[str, pl.Expr]:
    age = pl.lit(facts["year"].max()) - pl.col("year")
    young, middling, old = _AGE_EDGES
    return {
        "rare_models": pl.col("sample_size") < THIN_MODEL,
        f"under_{young}_years": age < young,
        f"{young}_to_{middling - 1}_years": (age >= young) & (age < middling),
        f"{middling}_to_{old - 1}_years": (age >= middling) & (age < old),
        "twenty_years_and_older": age >= old,
    }


def _by_price(facts: pl.DataFrame) -> dict[str, pl.Expr]:
    cheap, dear = (facts["price"].quantile(share) for share in (0.25, 0.75))
    return {"cheapest_quarter": pl.col("price") <= pl.lit(cheap), "dearest_quarter": pl.col("price") >= pl.lit(dear)}


def _by_name(facts: pl.DataFrame) -> dict[str, pl.Expr]:
    masks: dict[str, pl.Expr] = {}
    for column, most in (("make", _LARGE_MAKES), ("province", _LARGE_PROVINCES)):
        names = (
            facts.filter(pl.col(column) != "")[column].value_counts().sort("count", column, descending=[True, False])
        )
        masks |= {f"{column}_{name}": pl.col(column) == name for name in sorted(names[column].head(most).to_list())}
    return masks
