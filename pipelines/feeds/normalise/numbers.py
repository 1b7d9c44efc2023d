"""Amounts as people write them: "PKR 4.63 crore", "45 lacs", "۴۵ لاکھ", "119,080 km", "1.8L", "60.0 kWh".

All of it is expressions over text; nothing raises, whatever the text. A result that its column cannot hold is
reported as a problem by `price` and `mileage`, and is null from `engine`.
"""

import polars as pl

LOWEST_PRICE_PKR = 10_000
"""Under this an amount is a slip (a missing "lacs"), never a car."""
HIGHEST_PRICE_PKR = 10_000_000_000
HIGHEST_MILEAGE_KM = 2_000_000
ENGINE_CC = (50, 10_000)
BATTERY_KWH = (3.0, 220.0)
"""Batteries outside this are other numbers (range, power) in the wrong cell."""
KM_PER_MILE = 1.609344

_DIGITS = {chr(zero + digit): str(digit) for zero in (0x0660, 0x06F0) for digit in range(10)}
_SIGNS = {"٫": ".", "٬": ",", "،": ",", "−": "-", "–": "-", "\u00a0": " "}
_URDU = {"کروڑ": " crore ", "لاکھ": " lakh ", "ہزار": " thousand ", "روپے": "", "کلومیٹر": " km ", "میل": " mi "}
_RUPEES = r"\bpkr\b\.?|\brs\b\.?|₨|\brupees?\b|\brup\b\.?|/[-=]|\bonly\b"
_FOREIGN = r"[$€£¥]|\b(?:usd|eur|euros?|gbp|aed|sar|jpy|yen|inr|cad|aud|cny|dollars?|pounds?|dirhams?)\b"
_CALL = (
    r"^(?:call|contact|ask|phone|whatsapp|p\.?o\.?a\b|on call|on request|on demand|price on|tba\b|tbd\b|negotiable|"
    r"please (?:call|contact)|کال|رابطہ)"
)
_PART = r"(\d[\d,]*(?:\.\d+)?|\.\d+)"
_CRORE, _LAKH = r"(?:crores?|cr|karor|caror)", r"(?:lakhs?|lacs?|lkh|lks?|laks?)"
_THOUSAND, _MILLION, _BILLION = r"(?:thousand|hazar|k)", r"(?:millions?|mn|m)", r"(?:billions?|bn|arab)"
_SCALES = ((_BILLION, 1e9), (_CRORE, 1e7), (_MILLION, 1e6), (_LAKH, 1e5), (_THOUSAND, 1e3))
_WHOLE = (
    "^"
    + "".join(rf"(?:{_PART}\s*{unit}\b\.?\s*(?:and|&|,)?\s*)?" for unit, _ in _SCALES).replace("(\\d", "(?:\\d")
    + "$"
)


def plain(text: pl.Expr) -> pl.Expr:
    """Lower case with Latin digits and signs, single spaces."""
    swaps = _DIGITS | _SIGNS | _URDU
    latin = text.str.replace_many(list(swaps), list(swaps.values())).str.to_lowercase()
    return latin.str.replace_all(r"\s+", " ").str.strip_chars()


def _number(text: pl.Expr) -> pl.Expr:
    """A bare decimal with group commas; null for anything else."""
    bare = text.str.extract(r"^([+-]?(?:\d[\d,]*(?:\.\d*)?|\.\d+))$", 1).str.replace_all(",", "")
    return bare.cast(pl.Float64, strict=False)


def _scaled(text: pl.Expr) -> pl.Expr:
    """ "1 crore 20 lakh", "4.63 crore", "850k" in units; null unless the whole text is such an amount."""
    # "4,63 crore": one or two digits after a comma before a unit are decimals.
    text = text.str.replace(r"^(\d+),(\d{1,2})(\s*[a-z])", "$1.$2$3")
    parts = [
        text.str.extract(rf"{_PART}\s*{unit}\b", 1).str.replace_all(",", "").cast(pl.Float64, strict=False) * scale
        for unit, scale in _SCALES
    ]
    return pl.when((text != "") & text.str.contains(_WHOLE)).then(pl.sum_horizontal(parts)).otherwise(None)


def price(price: str, currency: str, *, default_currency: str, bare_unit: str) -> tuple[pl.Expr, pl.Expr]:
    """`price_pkr` (Int64, null for call for price) and `price_problem` (a reject code or null).

    `price` and `currency` are columns of text; `bare_unit` "lakh" reads bare numbers under 10,000 as lakhs.
    """
    text = plain(pl.col(price))
    stated = plain(pl.col(currency)).fill_null("")
    foreign = text.str.contains(_FOREIGN) | ((stated != "") & ~stated.str.contains(rf"^(?:{_RUPEES})"))
    rupees = text.str.contains(_RUPEES) | (stated != "")
    foreign = foreign | (~rupees & pl.lit(default_currency.upper() != "PKR"))
    amount = text.str.replace_all(_RUPEES, " ").str.replace_all(r"\s+", " ").str.strip_chars(" .:=")
    bare = _number(amount)
    if bare_unit == "lakh":
        bare = pl.when(bare.abs() < LOWEST_PRICE_PKR).then(bare * 1e5).otherwise(bare)
    value = pl.coalesce(bare, _scaled(amount)).round(0)
    on_call = pl.col(price).is_null() | amount.str.contains(_CALL) | (amount == "") | (value == 0).fill_null(False)
    problem = (
        pl.when(on_call)
        .then(None)
        .when(foreign.fill_null(False))
        .then(pl.lit("currency_not_supported"))
        .when(value.is_null() | value.is_nan())
        .then(pl.lit("price_not_understood"))
        .when(value < LOWEST_PRICE_PKR)
        .then(pl.lit("price_too_low"))
        .when(value > HIGHEST_PRICE_PKR)
        .then(pl.lit("price_too_high"))
        .otherwise(None)
    )
    kept = pl.when(~on_call & problem.is_null()).then(value).otherwise(None)
    return kept.cast(pl.Int64, strict=False).alias("price_pkr"), problem.alias("price_problem")


def mileage(mileage: str, unit: str, *, default_unit: str) -> tuple[pl.Expr, pl.Expr]:
    """`mileage_km` (Int32; null where it is empty or no number) and `mileage_problem` (a reject code or null)."""
    text = plain(pl.col(mileage))
    own = text.str.extract(r"(km|k\.m|kilo|mi(?:les?)?)\b", 1)
    stated = pl.coalesce(own, plain(pl.col(unit)).str.extract(r"^(k|mi)", 1), pl.lit(default_unit))
    amount = text.str.replace(r"\s*(?:kms?|k\.m\.?s?|kilomet(?:er|re)s?|miles?|mi)\.?(?: driven)?$", "")
    value = pl.coalesce(_number(amount), _scaled(amount)) * pl.when(stated.str.starts_with("mi")).then(
        KM_PER_MILE
    ).otherwise(1.0)
    value = value.round(0)
    inside = value.is_between(0, HIGHEST_MILEAGE_KM)
    problem = pl.when(value.is_not_null() & ~inside).then(pl.lit("mileage_out_of_range")).otherwise(None)
    kept = pl.when(inside).then(value).otherwise(None)
    return kept.cast(pl.Int32, strict=False).alias("mileage_km"), problem.alias("mileage_problem")


def engine(engine: str) -> tuple[pl.Expr, pl.Expr]:
    """`engine_cc` (Int32) and `battery_kwh` (Float32) of "1600 cc", "1.8L", "1,300", "60.0 kWh"; else null."""
    text = plain(pl.col(engine))
    kwh = text.str.extract(r"(\d+(?:\.\d+)?)\s*kwh?\b", 1).cast(pl.Float64, strict=False)
    bare = _number(text.str.replace(r"\s*(?:cc|cm3|ccm|c\.c\.?)$", ""))
    litres = text.str.extract(r"^(\d{1,2}(?:\.\d+)?)\s*(?:l|litres?|liters?|ltr)?\b", 1).cast(pl.Float64, strict=False)
    in_text = text.str.extract(r"\b(\d{3,5})\s*cc\b", 1).cast(pl.Float64, strict=False)
    cc = pl.coalesce(pl.when(bare > 20).then(bare), in_text, pl.when(litres <= 20).then(litres * 1000)).round(0)
    cc_kept = pl.when(kwh.is_null() & cc.is_between(*ENGINE_CC)).then(cc).otherwise(None)
    kwh_kept = pl.when(kwh.is_between(*BATTERY_KWH)).then(kwh).otherwise(None)
    return (
        cc_kept.cast(pl.Int32, strict=False).alias("engine_cc"),
        kwh_kept.cast(pl.Float32, strict=False).alias("battery_kwh"),
    )
