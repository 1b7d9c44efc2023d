"""`automart price-bands quote`: estimate the price of a car, with the reasons."""

from dataclasses import asdict
from typing import Annotated, Final

import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import print_table, printable
from core.access.audience import Audience
from core.db.session import transaction
from core.platform import open_platform
from serving.price_bands.champion import ChampionCache
from serving.price_bands.expected_sale import SENTENCES, ExpectedSale
from serving.price_bands.service import Band, Explanation, QuoteRequest, explain_quote, quote

_MOST_QUESTIONS: Final = 3


@explain_errors
def quote_command(
    make: Annotated[str, typer.Option(help="For example Toyota.")],
    model: Annotated[str, typer.Option(help='For example Corolla, "Wagon R".')],
    year: Annotated[int, typer.Option(help="Model year, 1950 to 2100.")],
    variant: Annotated[str | None, typer.Option(help='Trim as dealers write it, for example "GLi 1.3 VVTi".')] = None,
    mileage: Annotated[int | None, typer.Option(help="Kilometres driven.")] = None,
    city: Annotated[str | None, typer.Option(help="Where the car stands.")] = None,
    fuel: Annotated[str | None, typer.Option(help="petrol, diesel, hybrid, plugin_hybrid, electric, cng, lpg.")] = None,
    transmission: Annotated[str | None, typer.Option(help="manual or automatic.")] = None,
    body: Annotated[str | None, typer.Option(help="sedan, hatchback, suv, crossover, pickup, van...")] = None,
    assembly: Annotated[str | None, typer.Option(help="local or imported.")] = None,
    engine_cc: Annotated[int | None, typer.Option(help="Engine size in cm³.")] = None,
    registered_in: Annotated[str | None, typer.Option(help="City or province, or unregistered.")] = None,
    price: Annotated[int | None, typer.Option(help="What is asked, in rupees: it is rated, and moves nothing.")] = None,
    as_json: Json = False,
) -> None:
    """Estimate the price of a car that is not listed, and say why. The more is known of it, the narrower the band.

    Comparables and the typical car are taken from live public listings. With --json: {"low_pkr", "mid_pkr", "high_pkr",
    "confidence", "method", "reason", "reason_text", "model_version", "low_50_pkr", "high_50_pkr", "low_90_pkr",
    "high_90_pkr", "did_you_mean", "notes", "expected_sale", "price_pkr", "deal_rating", "explanation"}.
    The method is model, family (of the model), comparables (nearest cars on offer) or none, with a reason.

    Example: automart price-bands quote --make Suzuki --model Alto --year 2021 --variant VXR --city Lahore
    """
    car = QuoteRequest(
        make, model, year, variant, mileage, fuel, transmission, body, assembly, engine_cc,
        city=city, registered_in=registered_in, price_pkr=price,
    )  # fmt: skip
    _answer(car, as_json=as_json)


def _answer(car: QuoteRequest, *, as_json: bool) -> None:
    with open_platform() as platform, transaction(platform.sessions) as session:
        cache = ChampionCache(platform.storage)
        cache.require(session)
        (band,) = quote(session, cache, [car])
        why = explain_quote(session, cache, car, Audience.anonymous())
    rating = band.rating(car.price_pkr)
    if as_json:
        extra = {"price_pkr": car.price_pkr, "deal_rating": rating, "explanation": asdict(why)}
        print_json(asdict(band) | extra)
        return
    typer.echo(printable(_in_words(car, band)))
    for note in band.notes:
        typer.echo(printable(note.text))
    if rating is not None:
        typer.echo(f"PKR {car.price_pkr:,} is {rating.value}.")
    typer.echo(_of_sale(band.expected_sale))
    _print_explanation(why)


def _of_sale(sale: ExpectedSale) -> str:
    """Say what to expect of a sale, or why that is not said."""
    if sale.mid_pkr is None and sale.days_50 is None:
        return SENTENCES[sale.no_price or sale.no_days or "no_band"]
    price = "" if sale.mid_pkr is None else f" it sells for PKR {sale.low_pkr:,} to {sale.high_pkr:,}"
    half = "" if sale.days_50 is None else f" half of such cars are sold within {sale.days_50:,} days"
    return f"At an asking price of PKR {sale.asked_pkr:,}{' and'.join(part for part in (price, half) if part)}."


def _in_words(car: QuoteRequest, band: Band) -> str:
    name = " ".join(str(part) for part in (car.make, car.model, car.variant, car.model_year) if part)
    if band.mid_pkr is None:
        return f"{name}: no band ({band.reason}). {band.reason_text}"
    return (
        f"{name}: PKR {band.low_pkr:,} to {band.high_pkr:,}, middle {band.mid_pkr:,}; confidence "
        f"{band.confidence:.0%} that the asking price is within 15 % of the middle ({band.method})."
    )


def _print_explanation(why: Explanation) -> None:
    if why.reference is not None:
        rows = [(f"typical of {why.reference.listings:,} on offer: {_words(why)}", f"{why.reference.price_pkr:,}")]
        rows += [(part.input.replace("_", " "), f"{part.pkr:+,}") for part in why.contributions]
        typer.echo()
        print_table(("why", "PKR"), [*rows, ("middle", f"{why.mid_pkr:,}")])
    for each in why.narrowings[:_MOST_QUESTIONS]:
        name = each.input.replace("_", " ")
        typer.echo(f"State the {name}: the band narrows from ± {each.now:.0%} to about ± {each.stated:.0%}.")
    if why.comparables:
        names = ("title", "model_year", "mileage_km", "city", "price_pkr", "deal_rating")
        typer.echo()
        cars = [tuple(str(getattr(car, name)) if name == "model_year" else getattr(car, name) for name in names)
                for car in why.comparables]  # fmt: skip
        print_table(("nearest on offer", "year", "km", "city", "PKR", "rating"), cars)
    if why.trend is not None:
        name = " ".join(part for part in (why.trend.make, why.trend.model) if part) or "the market"
        months = why.trend.months
        typer.echo(f"\nPrices of {printable(name)}: {why.trend.change:+.1%} from {months[0].month:%b %Y} to "
                   f"{months[-1].month:%b %Y}.")  # fmt: skip


def _words(why: Explanation) -> str:
    car = why.reference.car if why.reference is not None else {}
    km = None if car.get("mileage_km") is None else f"{car['mileage_km']:,} km"
    return ", ".join(str(part) for part in (car.get("model_year"), km, car.get("variant"), car.get("city")) if part)
