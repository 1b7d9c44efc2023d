"""Read amounts as people write them: "PKR 4.63 crore", "45 lacs", "۴۵ لاکھ", "119,080 km", "1.8L", "60.0 kWh".

All of it is expressions over text; nothing raises, whatever the text. A result that its column cannot hold is
reported as a problem by `price` and `mileage`, and is null from `engine`.
"""

from collections.abc import Callable

import polars as pl

LOWEST_PRICE_PKR = 10_000
"""Under this an amount is a slip (a missing "lacs"), never a car."""
HIGHEST_PRICE_PKR = 10_000_000_000
HIGHEST_MILEAGE_KM = 2_000_000
_FRACTIONS_FROM = 1_000
"""Nobody writes a smaller mileage with decimals: 8.5 is 8.5 thousand or a slip, so it is not understood."""
ENGINE_CC = (50, 10_000)
BATTERY_KWH = (3.0, 220.0)
"""Batteries outside this are other numbers (range, power) in the wrong cell."""
KM_PER_MILE = 1.609344

_DIGITS = {chr(zero + digit): str(digit) for zero in (0x0660, 0x06F0) for digit in range(10)}
_SIGNS = {"٫": ".", "٬": ",", "،": ",", "−": "-", "–": "-", "\u00a0": " "}
_SIGNS |= dict.fromkeys("\u2007\u2009\u200a\u202f\u3000", " ")
_URDU = {"کروڑ": " crore ", "لاکھ": " lakh ", "ہزار": " thousand ", "روپے": "", "کلومیٹر": " km ", "میل": " mi "}
_URDU |= {"فائنل": " final ", "قیمت": " price ", "تقریبا": " about "}
_RUPEES = r"\bpkr\b\.?|\brs\b\.?|₨|\brupees?\b|\brup\b\.?|/[-=]|\bonly\b"
_FOREIGN = (
    r"[$€£¥₹]|\b(?:usd|eur|euros?|gbp|aed|sar|qar|omr|kwd|bhd|jpy|yen|inr|cad|aud|nzd|sgd|myr|hkd|chf|cny|rmb|yuan"
    r"|dollars?|pounds?|dirhams?|riyals?)\b"
)
_CALL = (
    r"^(?:call|contact|ask|phone|whatsapp|p\.?o\.?a\b|on call|on request|on demand|price on|tba\b|tbd\b|negotiable|"
    r"please (?:call|contact)|کال|رابطہ)"
)
_REMARKS = (
    r"[()\[\]]|\b(?:slightly |little |bit )?neg(?:o|otiable)?\b\.?|\b(?:full and )?final\b|\bfix(?:ed)?\b|\bfirm\b"
    r"|\bo\.?b\.?o\b\.?|\blast\b|\bonwards?\b|\blowest\b|\bnet\b|\bcash\b|\bdemand(?:ing)?\b|\basking\b|\bprice\b|\bapprox(?:imately)?\b\.?|\babout\b|\baround\b|\bono\b"
    r"|\bo\.n\.o\.?|~|\+$"
)
"""Beside an amount these say nothing of how much it is."""
_REMARKED = rf"^[ .:=,]|[ .:=,-]$|{_REMARKS}"
_PHONE = r"^0\d{9,10}$"
"""A number of a telephone where the price stands: no amount begins with 0."""
_PART = r"(\d[\d,]*(?:\.\d+)?|\.\d+)"
_CRORE, _LAKH = r"(?:crores?|cr|karor|caror)", r"(?:lakhs?|lacs?|lkh|lks?|laks?|l)"
_THOUSAND, _MILLION, _BILLION = r"(?:thousand|hazar|k)", r"(?:millions?|mln|mil|mn|m)", r"(?:billions?|bn|arab)"
_SCALES = ((_BILLION, 1e9), (_CRORE, 1e7), (_MILLION, 1e6), (_LAKH, 1e5), (_THOUSAND, 1e3))
BARE_UNITS = {"thousand": 1e3, "lakh": 1e5, "million": 1e6, "crore": 1e7}
_MOST_IN_UNITS = 1e9
"""Rupees: a bare number that would be more in its mapping's unit is taken for rupees."""
_WHOLE = (
    "^"
    + "".join(rf"(?:{_PART}\s*{unit}\b\.?\s*(?:and|&|,)?\s*)?" for unit, _ in _SCALES).replace("(\\d", "(?:\\d")
    + "$"
)


def plain(text: pl.Expr) -> pl.Expr:
    """Convert text to lower case with Latin digits and signs and single blanks."""
    swaps = _DIGITS | _SIGNS | _URDU
    latin = text.str.replace_many(list(swaps), list(swaps.values())).str.to_lowercase()
    return latin.str.replace_all(r"\s{2,}|[^\S ]", " ").str.strip_chars()


def _number(text: pl.Expr, *, dots_group: bool = True) -> pl.Expr:
    """Read a bare number: "4500000", "4,500,000", "45,00,000.00", "4.500.000", "4 500 000", "27,5", "4.5e+06".

    Separators count only where their places make sense: "27,5" is no 275. One dot before three digits groups
    thousands ("15.000" km) unless `dots_group` is off.
    """
    dotted = r"^([+-]?\d{1,3}(?:\.\d{3})+)$" if dots_group else r"^([+-]?\d{1,3}(?:\.\d{3}){2,})$"
    bare = pl.coalesce(
        text.str.extract(dotted, 1).str.replace_all(".", "", literal=True),
        text.str.extract(r"^([+-]?\d{1,3}(?:\.\d{3})+),\d{1,2}$", 1).str.replace_all(".", "", literal=True),
        text.str.extract(r"^(\d{1,3}(?:['’]\d{3})+)$", 1).str.replace_all("['’]", ""),
        text.str.extract(r"^([+-]?(?:\d+\.?\d*|\.\d+))$", 1),
        text.str.extract(r"^([+-]?\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d*)?)$", 1).str.replace_all(",", ""),
        text.str.extract(r"^([+-]?\d+,\d{1,2})$", 1).str.replace(",", "."),
        text.str.extract(r"^([+-]?\d+(?:\.\d+)?e[+-]?\d{1,3})$", 1),
        text.str.extract(r"^(\d{1,3}(?: \d{2,3})* \d{3})$", 1).str.replace_all(" ", "", literal=True),
    )
    return bare.cast(pl.Float64, strict=False)


def _scaled(text: pl.Expr) -> pl.Expr:
    """Read "1 crore 20 lakh", "4.63 crore", "850k" in units; null unless the whole text is such an amount."""
    parts = [
        text.str.extract(rf"{_PART}\s*{unit}\b", 1).str.replace_all(",", "").cast(pl.Float64, strict=False) * scale
        for unit, scale in _SCALES
    ]
    return pl.when((text != "") & text.str.contains(_WHOLE)).then(pl.sum_horizontal(parts)).otherwise(None)


def _rewritten(texts: pl.Series, where: str, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Change the texts that match a pattern, which are few: to look for it costs less than to rewrite every row."""
    places = texts.str.contains(where).arg_true()
    return texts if places.is_empty() else texts.scatter(places, change(texts.gather(places)))


def _without_remarks(texts: pl.Series) -> pl.Series:
    """Drop what people write beside an amount: "45 lacs (final)", "about 52,000", "52000+"."""

    def bare(marked: pl.Series) -> pl.Series:
        plain = marked.str.replace_all(_REMARKS, " ").str.replace_all(r"\s+", " ")
        plain = plain.str.strip_chars(" .:=,").str.strip_chars_end(" -")
        return plain.zip_with(marked.str.contains(r"\d"), marked)

    return _rewritten(texts, _REMARKED, bare)


def _decimal_comma(texts: pl.Series) -> pl.Series:
    """Rewrite "4,63 crore" as "4.63 crore" (one or two digits after a comma before a unit are decimals), "45-lacs"."""
    pattern = r"^(\d+),(\d{1,2})(\s*[a-z])"
    texts = _rewritten(texts, pattern, lambda few: few.str.replace(pattern, "$1.$2$3"))
    joined = r"(\d)-([a-z])|(crores?|cr|lacs?|lakhs?)(\d)"  # "45-lacs", "1crore20lac"
    return _rewritten(texts, joined, lambda few: few.str.replace_all(joined, "$1$3 $2$4"))


_MONEY = r"pkr|rs|rupees?"


def _spaced_rupees(texts: pl.Series) -> pl.Series:
    """Part rupees from the amount: "4500000PKR", "Rs4500000", "45lacRs"."""
    after, before = rf"(\d|lacs?|lakhs?|crores?|million|mn)({_MONEY})\b", rf"\b({_MONEY})(\.?\d)"
    texts = _rewritten(texts, after, lambda few: few.str.replace_all(after, "$1 $2"))
    return _rewritten(texts, before, lambda few: few.str.replace_all(before, "$1 $2"))


def _with_lakhs(texts: pl.Series) -> pl.Series:
    """Read "1 crore 5" as people mean it: 1 crore 5 lakh."""
    short = r"^(\d+ ?(?:crores?|cr|karor|caror)\.? ?(?:(?:and|&) )?\d{1,2})$"
    return _rewritten(texts, short, lambda few: few.str.replace(short, "$1 lakh"))


def _said_twice(texts: pl.Series, bare_unit: str) -> pl.Series:
    """Drop what stands in brackets where it is the same amount: "PKR 4,500,000 (45 lac)"."""
    pattern = r"^(.*\d.*?)\s*[(\[]([^()\[\]]*\d[^()\[\]]*)[)\]]$"

    def once(few: pl.Series) -> pl.Series:
        first, second = (few.str.extract(pattern, group) for group in (1, 2))
        both = (
            pl.DataFrame({"price": each, "currency": pl.repeat(None, few.len(), dtype=pl.String, eager=True)})
            for each in (first, second)
        )
        amounts = [price(each, default_currency="PKR", bare_unit=bare_unit)["price_pkr"] for each in both]
        return first.zip_with((amounts[0] == amounts[1]).fill_null(value=False), few)

    return _rewritten(texts, pattern, once)


def price(cells: pl.DataFrame, *, default_currency: str, bare_unit: str) -> pl.DataFrame:
    """Read `price_pkr` (Int64, null for call for price) and `price_problem` (a reject code or null).

    `cells` has the text columns price and currency. `bare_unit` is the mapping's: "lakh" reads bare numbers under
    10,000 as lakhs.
    Worked out in steps, so that no step is computed twice.
    """
    text, stated, amount, value = (pl.col(name) for name in ("text", "stated", "amount", "value"))
    rupees = text.str.contains(_RUPEES) | (stated != "")
    foreign = text.str.contains(_FOREIGN) | ((stated != "") & ~stated.str.contains(rf"^(?:{_RUPEES})"))
    read = cells.select(plain(pl.col("price")).alias("text"), plain(pl.col("currency")).fill_null("").alias("stated"))
    read = read.with_columns(_spaced_rupees(_said_twice(read["text"], bare_unit)))
    read = read.select(
        text.str.replace_all(_RUPEES, " ").str.strip_chars(" .:=").alias("amount"),
        (foreign | (~rupees & (default_currency.upper() != "PKR"))).fill_null(value=False).alias("foreign"),
    )
    read = read.with_columns(_with_lakhs(_decimal_comma(_without_remarks(read["amount"]))))
    read = read.with_columns(
        _number(amount, dots_group=bare_unit not in BARE_UNITS).alias("value"), _scaled(amount).alias("scaled")
    )
    if (scale := BARE_UNITS.get(bare_unit)) is not None:
        small = value.abs() < _MOST_IN_UNITS / scale
        read = read.with_columns(pl.when(small).then(value * scale).otherwise(value))
    read = read.with_columns(pl.coalesce(value, "scaled").round(0).alias("value"))
    on_call = amount.is_null() | amount.str.contains(_CALL) | (amount == "") | (value == 0).fill_null(value=False)
    problem = (
        pl.when(on_call)
        .then(None)
        .when(pl.col("foreign"))
        .then(pl.lit("currency_not_supported"))
        .when(value.is_null() | value.is_nan() | amount.str.contains(_PHONE))
        .then(pl.lit("price_not_understood"))
        .when(value < LOWEST_PRICE_PKR)
        .then(pl.lit("price_too_low"))
        .when(value > HIGHEST_PRICE_PKR)
        .then(pl.lit("price_too_high"))
        .otherwise(None)
    )
    read = read.select(value, on_call.alias("on_call"), problem.alias("price_problem"))
    kept = pl.when(~pl.col("on_call") & pl.col("price_problem").is_null()).then(value).otherwise(None)
    return read.select(kept.cast(pl.Int64, strict=False).alias("price_pkr"), "price_problem")


def mileage(cells: pl.DataFrame, *, default_unit: str) -> pl.DataFrame:
    """Read `mileage_km` (Int32; null where the cell is empty or no number) and `mileage_problem` (a code or null).

    `cells` has the text columns mileage and mileage_unit; a unit in the mileage's own cell wins.
    """
    text, value = pl.col("text"), pl.col("value")
    read = cells.select(plain(pl.col("mileage")).alias("text"), plain(pl.col("mileage_unit")).alias("unit"))
    first = _rewritten(read["text"], r"\(", lambda few: few.str.replace(r"^(.*\d.*?)\s*\(.*\)$", "$1"))
    read = read.with_columns(_without_remarks(first))  # of "83,685 km (52,000 mi)"
    own = text.str.extract(r"(?:^|[^a-z])(km|k\.m|kilo|mi(?:les?)?|mls?)", 1)
    read = read.select(
        pl.coalesce(own, pl.col("unit").str.extract(r"^(k|mi|ml)", 1), pl.lit(default_unit)).alias("unit"),
        text.str.replace(r"\s*(?:kms?|k\.m\.?s?|kilomet(?:er|re)s?|miles?|mi|mls?)\.?(?: (?:driven|only))?$", ""),
    )
    factor = pl.when(pl.col("unit").str.starts_with("m")).then(KM_PER_MILE).otherwise(1.0)
    number = _number(text)
    whole = pl.when((number == number.round(0)) | (number.abs() >= _FRACTIONS_FROM)).then(number)
    read = read.select((pl.coalesce(whole, _scaled(text)) * factor).round(0).alias("value"))
    inside = value.is_between(0, HIGHEST_MILEAGE_KM)
    return read.select(
        pl.when(inside).then(value).otherwise(None).cast(pl.Int32, strict=False).alias("mileage_km"),
        pl.when(value.is_not_null() & ~inside)
        .then(pl.lit("mileage_out_of_range"))
        .otherwise(None)
        .alias("mileage_problem"),
    )


def engine(cells: pl.Series) -> pl.DataFrame:
    """Read `engine_cc` (Int32) and `battery_kwh` (Float32) from "1600 cc", "1.8L", "1,300", "60.0 kWh"; else null."""
    text, kwh, cc = pl.col("text"), pl.col("kwh"), pl.col("cc")
    litres = text.str.extract(r"^(\d{1,2}(?:\.\d+)?)\s*(?:l|litres?|liters?|ltr)?\b", 1).cast(pl.Float64, strict=False)
    read = (
        pl.DataFrame({"text": cells})
        .select(plain(text))
        .select(
            text.str.extract(r"(\d+(?:\.\d+)?)\s*kwh?\b", 1).cast(pl.Float64, strict=False).alias("kwh"),
            _number(text.str.replace(r"\s*(?:cc|cm3|ccm|c\.c\.?)$", ""), dots_group=False).alias("bare"),
            text.str.extract(r"\b(\d{3,5})\s*cc\b", 1).cast(pl.Float64, strict=False).alias("in_text"),
            litres.alias("litres"),
        )
    )
    bare, litre = pl.col("bare"), pl.col("litres")
    read = read.select(
        kwh,
        pl.coalesce(pl.when(bare > 20).then(bare), "in_text", pl.when(litre <= 20).then(litre * 1000))
        .round(0)
        .alias("cc"),
    )
    return read.select(
        pl.when(kwh.is_null() & cc.is_between(*ENGINE_CC)).then(cc).otherwise(None).cast(pl.Int32).alias("engine_cc"),
        pl.when(kwh.is_between(*BATTERY_KWH)).then(kwh).otherwise(None).cast(pl.Float32).alias("battery_kwh"),
    )
