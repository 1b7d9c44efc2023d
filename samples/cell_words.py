"""Write a price, a distance or a date in a dealer's style: canonical value in, text of a cell out."""

from datetime import date

_URDU_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def _lakh_groups(number: int) -> str:
    """45,00,000: after the last three digits, groups of two."""
    head, tail = divmod(number, 1000)
    groups = [f"{tail:03d}"] if head else [str(tail)]
    while head:
        head, group = divmod(head, 100)
        groups.insert(0, f"{group:02d}" if head else str(group))
    return ",".join(groups)


def _spoken(price: int, lakh: str, crore: str) -> str:
    return f"{price / 1e7:.4f}".rstrip("0").rstrip(".") + crore if price >= 10_000_000 else f"{price / 1e5:g}" + lakh


def price_words(price: int | None, style: str) -> str:
    """Write a price in a dealer's style; call for price in that style where there is none."""
    if price is None:
        return {"plain": "0", "code": "", "bare_lacs": "Call", "said": "Call for price"}.get(style, "Call for price")
    styles = {
        "plain": str(price),
        "code": f"{price} PKR",
        "pkr": f"PKR {price:,}",
        "lakh_groups": _lakh_groups(price),
        "lacs": _spoken(price, " lacs", " crore"),
        "crore": _spoken(price, " Lac", " Cr"),
        "said": "PKR " + _spoken(price, " Lakh", " crore"),
        "bare_lacs": f"{price / 1e5:g}" if price < 100_000_000 else str(price),
        "urdu": _spoken(price, " لاکھ", " کروڑ").translate(_URDU_DIGITS),
        "urdu_words": _spoken(price, " لاکھ", " کروڑ"),
    }
    return styles[style]


def miles(kilometres: int) -> int:
    """Whole miles of a distance."""
    return round(kilometres / 1.609344)


def mileage_words(kilometres: int, style: str) -> str:
    """Write a distance in a dealer's style."""
    styles = {
        "plain": str(kilometres),
        "grouped": f"{kilometres:,}",
        "km": f"{kilometres:,} km",
        "miles": str(miles(kilometres)),  # the unit stands in its own cell
        "miles_named": f"{miles(kilometres):,} miles",
        "urdu": f"{kilometres:,}".translate(_URDU_DIGITS),
    }
    return styles[style]


def date_words(day: date, style: str) -> str:
    """Write a date in a format's style."""
    styles = {
        "iso": day.isoformat(),
        "us": f"{day.month}/{day.day}/{day.year} 9:15:00 AM",
        "dmy": f"{day.day:02d}/{day.month:02d}/{day.year}",
        "words": f"{day:%b} {day.day:02d}, {day.year}",
        "dashed": f"{day.day:02d}-{day:%b}-{day.year}",
    }
    return styles[style]
