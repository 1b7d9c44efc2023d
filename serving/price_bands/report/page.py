"""Write the valuation report of a listing: one page with the band, its reasons, like cars, the trend and the basis."""

from dataclasses import dataclass
from html import escape
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.clock import PAKISTAN
from core.text.html_page import html_page, html_table, policy_of
from serving.price_bands.champion import ChampionCache
from serving.price_bands.depreciation import DepreciationCurve, depreciation_of
from serving.price_bands.errors import DepreciationNotFoundError, InvalidCarError, NoPriceModelError
from serving.price_bands.expected_sale import ExpectedSale
from serving.price_bands.explain import Explanation, Trend, explain_listing
from serving.price_bands.report.charts import band_chart, contribution_chart, depreciation_chart, trend_chart
from serving.price_bands.report.words import say
from serving.price_bands.repository import PriceBandRepository
from serving.price_bands.service import ListingBand, band_of

STYLE: Final = (
    "body{font:14px/1.45 'Noto Nastaliq Urdu','Noto Naskh Arabic',system-ui,'DejaVu Sans',sans-serif;color:#1c2430;"
    "max-width:760px;margin:24px auto;padding:0 16px}[lang=ur]{line-height:1.9}h1{font-size:22px;margin:0}"
    "h2{font-size:16px;margin:20px 0 6px;border-bottom:1px solid #d5dbe3}p{margin:4px 0}.big{font-size:24px}"
    ".small{color:#566173;font-size:12px}table{border-collapse:collapse;width:100%}th,td{text-align:start;"
    "padding:3px 8px;border-bottom:1px solid #e6eaf0}td.n,th.n{text-align:end}bdi{unicode-bidi:isolate}"
    "svg{width:100%;height:auto}svg text{font-size:12px;fill:#1c2430}.b0{fill:#d9e6f7}.b1{fill:#a9c8ef}"
    ".b2{fill:#6fa3e0}.mid{stroke:#123a6b;stroke-width:2}.asked{fill:#c0392b}.up{fill:#4c9f70}.down{fill:#d0806f}"
    ".line{fill:none;stroke:#123a6b;stroke-width:2}@media print{body{margin:0}h2{break-after:avoid}}"
)
POLICY: Final = policy_of(STYLE)


@dataclass(frozen=True, slots=True)
class Valuation:
    """All that the report of one listing shows."""

    title: str
    band: ListingBand
    why: Explanation
    depreciation: DepreciationCurve | None  # None where too few years of the model have a band


def valuation_of(session: Session, cache: ChampionCache, listing_id: UUID, audience: Audience) -> Valuation:
    """Read the valuation of a listing that the audience may see, from what the audience may see.

    Raises:
        NotFoundError: `listing_not_found`: unknown, removed, or not for this audience.
    """
    band = band_of(session, listing_id, audience)
    title, make, model = PriceBandRepository(session).named(listing_id, audience) or ("", "", "")
    try:
        depreciation = depreciation_of(session, cache, make, model, audience)
    except (DepreciationNotFoundError, InvalidCarError, NoPriceModelError):
        depreciation = None  # the rest of the report stands without it
    return Valuation(title, band, explain_listing(session, cache, listing_id, audience), depreciation)


def report_page(valuation: Valuation, language: str) -> str:
    """Write the report as an HTML page in English (`en`) or Urdu (`ur`)."""
    why = valuation.why
    heading = say("Valuation report", language)
    title = valuation.title
    body = [
        f"<h1>{heading}: <bdi>{escape(title)}</bdi></h1>",
        _price(valuation.band, language),
        _reasons(why, language),
        _narrowings(why, language),
        _comparables(why, language),
        "" if why.trend is None else _trend(why.trend, language),
        "" if valuation.depreciation is None else _depreciation(valuation.depreciation, language),
        _basis(valuation, language),
    ]
    return html_page(f"{heading}: {title}", "".join(body), language=language, style=STYLE)


def _price(listing: ListingBand, language: str) -> str:
    band = listing.band
    asked = "" if listing.price_pkr is None else f"<p>{say('Asked', language)}: {_pkr(listing.price_pkr)}"
    if asked and listing.rating is not None:
        asked += f" ({say(listing.rating.value, language)})"
    asked += "</p>" if asked else ""
    if band.mid_pkr is None or band.low_pkr is None or band.high_pkr is None:
        return f"<p>{say('No band', language)}: <bdi>{escape(band.reason_text or '')}</bdi></p>{asked}"
    levels = [("90", band.low_90_pkr, band.high_90_pkr), ("80", band.low_pkr, band.high_pkr),
              ("50", band.low_50_pkr, band.high_50_pkr)]  # fmt: skip
    known = [(name, low, high) for name, low, high in levels if low is not None and high is not None]
    chart = band_chart([each[1:] for each in known], band.mid_pkr, listing.price_pkr,
                       label=say("Estimated asking price", language))  # fmt: skip
    rows = [(say(f"Band of {name} %", language), f"{_pkr(low)} – {_pkr(high)}") for name, low, high in known]
    changed = "" if listing.is_present else _note("The listing changed since; its band is renewed within a minute.",
                                                 language)  # fmt: skip
    return (
        f"<p>{say('Estimated asking price', language)}:</p>"
        f'<p class="big">{_pkr(band.low_pkr)} – {_pkr(band.high_pkr)}</p>'
        f"<p>{say('Middle', language)}: {_pkr(band.mid_pkr)}</p>{asked}{changed}{chart}{html_table((), rows)}"
        f"{_note('Four asking prices in five lie within the band.', language)}"
        f"{_note('These are asking prices, not prices of sales.', language)}"
        f"{_sale(listing.sale, language)}"
    )


def _sale(sale: ExpectedSale, language: str) -> str:
    """Write what to expect of a sale, or nothing where too little is known."""
    rows = []
    if sale.low_pkr is not None and sale.high_pkr is not None:
        rows.append((say("Expected sale price", language), f"{_pkr(sale.low_pkr)} – {_pkr(sale.high_pkr)}"))
    if sale.days_50 is not None:
        rows.append((say("Days in which half of such cars sell", language), _number(sale.days_50)))
    return html_table((), rows) if rows else ""


def _reasons(why: Explanation, language: str) -> str:
    title = _title("Why this price", language)
    if why.reference is None:
        return title + _note("Nothing to compare with yet.", language)
    parts = [(_input(part.input, language), part.pkr) for part in why.contributions]
    typical = [(say("Typical car of the model on offer", language), _pkr(why.reference.price_pkr)),
               (say("Cars compared with", language), _number(why.reference.listings))]  # fmt: skip
    return title + html_table((), typical) + contribution_chart(parts, label=say("Why this price", language))


def _narrowings(why: Explanation, language: str) -> str:
    if not why.narrowings:
        return ""
    heads = [say(name, language) for name in ("Input", "Now", "If stated")]
    rows = [(_input(each.input, language), f"<bdi>± {each.now:.0%}</bdi>", f"<bdi>± {each.stated:.0%}</bdi>")
            for each in why.narrowings]  # fmt: skip
    return _title("What would narrow the band", language) + html_table(heads, rows)


def _comparables(why: Explanation, language: str) -> str:
    title = _title("Similar cars on offer", language)
    if not why.comparables:
        return title + _note("Nothing to compare with yet.", language)
    heads = [say(name, language) for name in ("Car", "Year", "Kilometres", "City", "Price (PKR)", "Rating")]
    rows = [
        (
            f"<bdi>{escape(car.title)}</bdi>", str(car.model_year),
            "" if car.mileage_km is None else _number(car.mileage_km), f"<bdi>{escape(car.city or '')}</bdi>",
            _number(car.price_pkr), "" if car.deal_rating is None else say(car.deal_rating, language),
        )
        for car in why.comparables
    ]  # fmt: skip
    return title + html_table(heads, rows)


def _trend(trend: Trend, language: str) -> str:
    title = f"{say('Trend of prices', language)} {say(f'of the {trend.segment_kind}', language)}"
    name = " ".join(part for part in (trend.make, trend.model) if part)
    ads = sum(month.samples for month in trend.months)
    text = f"<p><bdi>{escape(name)} {trend.change:+.1%}</bdi>; {say('Ads', language)}: {_number(ads)}</p>"
    return f"<h2>{title}</h2>{text}{trend_chart(trend.months, label=title)}"


def _depreciation(curve: DepreciationCurve, language: str) -> str:
    title = _title("Price by model year", language)
    heads = [say(name, language) for name in ("Year", "Price (PKR)", "Of the newest", "Cars on offer")]
    rows = [(str(year.model_year), _number(year.mid_pkr), f"<bdi>{year.share_of_newest:.0%}</bdi>",
             _number(year.offers)) for year in curve.years]  # fmt: skip
    note = _note("The usual car of each year today; no forecast of what this car will lose.", language)
    chart = depreciation_chart(curve.years, label=say("Price by model year", language))
    return title + chart + note + html_table(heads, rows)


def _basis(valuation: Valuation, language: str) -> str:
    band = valuation.band.band
    rows = [(say("Method", language), say(band.method, language))]
    if band.mid_pkr is not None:
        chance = "Chance that the asking price is within 15 % of the middle"
        rows.append((say(chance, language), f"<bdi>{band.confidence:.0%}</bdi>"))
    if band.model_version is not None:
        rows.append((say("Price model", language), f"<bdi>{escape(band.model_version)}</bdi>"))
    if valuation.band.computed_at is not None:
        day = valuation.band.computed_at.astimezone(PAKISTAN)
        rows.append((say("Computed on", language), f"<bdi>{day:%Y-%m-%d}</bdi>"))
    return _title("Basis of this report", language) + html_table((), rows)


def _input(name: str, language: str) -> str:
    return say(name.replace("_", " "), language)


def _title(text: str, language: str) -> str:
    return f"<h2>{say(text, language)}</h2>"


def _note(text: str, language: str) -> str:
    return f'<p class="small">{say(text, language)}</p>'


def _number(value: int) -> str:
    return f"<bdi>{value:,}</bdi>"


def _pkr(value: int) -> str:
    return f"<bdi>PKR {value:,}</bdi>"
