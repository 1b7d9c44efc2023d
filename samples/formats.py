"""Define the formats of the sample market's feeds, and write a car as the cells of a format."""

import re
from dataclasses import dataclass, field

from samples.cars import SampleCar, StatedAudiences
from samples.cell_words import date_words, mileage_words, price_words
from samples.dealers import Delivery, SampleOrg

Row = dict[str, str]
"""A car's cells by role (`key`, `price`, …); a format says which header each role has in its files."""


@dataclass(frozen=True)
class Format:
    """One format of feed files.

    Attributes:
        columns: (header, role) in the order of the file; empty for XML.
        dates: the way dates are written, for `date_words`.
        visibilities: the visibilities beside `public` that the format can state.
        choosable: whether a car can name its channels.
        words: the format's own words, by role and plain word.
    """

    name: str
    extension: str
    delimiter: str | None
    columns: tuple[tuple[str, str], ...] = ()
    dates: str = "iso"
    visibilities: tuple[str, ...] = ()
    choosable: bool = False
    words: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def audiences(self) -> StatedAudiences:
        """The audiences that a car's cells can name."""
        return StatedAudiences(self.visibilities, self.choosable)


def _columns(text: str) -> tuple[tuple[str, str], ...]:
    """`Header=role` pairs, one a line or separated by `;;`; a header without a role stays empty in every row."""
    pairs = (pair.strip().partition("=") for pair in text.strip().split(";;"))
    return tuple((header.strip(), role.strip()) for header, _, role in pairs)


_SHOWROOM = """Stock No=key;;Title=title;;Make=make;;Model=model;;Variant=variant;;Year=year;;Mileage=mileage;;
Demand=price;;Fuel=fuel;;Transmission=transmission;;Body=body;;Assembly=assembly;;Colour=color;;Engine=engine;;
Location=location;;Registered=registered;;Remarks=remarks;;Photos=photos;;Listed=listed;;Branch=branch;;Status=status;;
Show To=visibility;;Where=channels"""
_VAUTO = """DealerId=branch;;Dealer Name=dealer;;Dealer City=city;;VIN=;;Stock #=key;;New/Used=condition;;Year=year;;
Make=make;;Model=model;;Body=body;;Transmission=transmission;;Series=variant;;Odometer=mileage;;
Engine Displacement=engine;;Colour=color;;MSRP=list_price;;Price=price;;Inventory Date=listed;;Description=remarks;;
Photo Url List=photos;;Vehicle Detail Link=url;;Disposition=visibility"""
_META = """vehicle_id=key;;title=title;;description=remarks;;url=url;;make=make;;model=model;;trim=variant;;year=year;;
mileage.value=mileage;;mileage.unit=unit;;image[0].url=photo;;transmission=transmission;;fuel_type=fuel;;
body_style=body;;exterior_color=color;;price=price;;sale_price=;;address=address;;availability=status;;
date_first_on_lot=listed;;dealer_id=branch;;vin="""
_GOOGLE = """id=key;;vin=;;store_code=branch;;dealership_name=dealer;;dealership_address=postal_address;;
image_link=photo;;link=url;;price=price;;condition=condition;;make=make;;model=model;;trim=variant;;year=year;;mileage=mileage;;
exterior_color=color;;date_in_stock=listed"""
_SPREADSHEET = """Ref=key;;Make=make;;Model=model;;Trim=variant;;Year=year;;Km=mileage;;Price (Lacs)=price;;Fuel=fuel;;
Gearbox=transmission;;Body=body;;Colour=color;;CC=engine;;City=city;;Reg. City=registered;;Assembly=assembly;;
Notes=remarks;;Date=listed;;Branch=branch;;Wholesale=visibility"""
_PIPE = """stock=key;;title=status;;year=year;;make=make;;model=model;;trim=variant;;body=body;;mileage=mileage;;
price_current=price;;price_wholesale=trade_price;;price_cost=cost_price;;exterior=color;;engine=engine;;
transmission=transmission;;fuel_type=fuel;;city=city;;branch=branch;;audience=visibility;;listed=listed;;
description=remarks;;images=photos_semicolon;;link=url"""
_CLASSIFIEDS = """title=title;;location=location;;model_year=year;;fuel_type=fuel;;transmission=transmission;;
km_driven=mileage;;registered_in=registered;;color=color;;assembly=assembly;;engine_capacity=engine;;body_type=body;;
last_updated=listed;;price=price;;url=url"""

_WHOLESALE, _PRIVATE = "wholesale_public", "private"
FORMATS: dict[str, Format] = {
    entry.name: entry
    for entry in (
        Format("showroom", "csv", ",", _columns(_SHOWROOM), "dashed", (_WHOLESALE, _PRIVATE), choosable=True, words={
            "visibility": {"public": "everyone", _WHOLESALE: "dealers", _PRIVATE: "own staff"},
            "channels": {"automart autotrader": "both", "automart": "website", "autotrader": "trade"},
            "status": {"available": "", "sold": "delivered"},
        }),
        Format("vauto", "csv", ",", _columns(_VAUTO), "us", (_WHOLESALE, _PRIVATE), words={
            "visibility": {"public": "R", _WHOLESALE: "W", _PRIVATE: "F"},
        }),
        Format("meta", "tsv", "\t", _columns(_META), words={
            "fuel": {"Petrol": "GASOLINE", "Cng": "OTHER"},
            "status": {"available": "AVAILABLE", "sold": "NOT_AVAILABLE"},
        }),
        Format("google", "csv", ",", _columns(_GOOGLE)),
        Format("spreadsheet", "csv", ";", _columns(_SPREADSHEET), "dmy", (_WHOLESALE,), words={
            "visibility": {"public": "no", _WHOLESALE: "yes"},
        }),
        Format("pipe", "txt", "|", _columns(_PIPE), "iso", (_WHOLESALE,), words={
            "visibility": {"public": "retail", _WHOLESALE: "trade"},
            "status": {"available": "Used", "sold": "Sold"},
        }),
        Format("classifieds", "csv", ",", _columns(_CLASSIFIEDS), "words"),
        Format("dealer-xml", "xml", None, (), "iso", (_WHOLESALE, _PRIVATE), choosable=True),
        Format("autoscout24", "xml", None, words={
            "fuel": {"Petrol": "Gasolina", "Diesel": "Diésel", "Electric": "Eléctrico"},
            "body": {"Sedan": "Sedán"}, "transmission": {"Automatic": "Automático"},
            "status": {"available": "active", "sold": "sold"},
        }),
    )
}  # fmt: skip

_BODIES = {"suv": "SUV", "mpv": "MPV", "micro_van": "Micro Van", "pickup": "Double Cabin", "wagon": "Station Wagon"}
_REMARKS = {
    "cp1252": "Première main – one owner",
    "cp1256": "اصل رنگ",
    "utf-8": 'Neat & clean, "first owner", اصل رنگ',
    "utf-8-sig": "Genuine paint, documents complete",
}
PROVINCES = {
    "Karachi": "Sindh", "Hyderabad": "Sindh", "Peshawar": "KPK", "Abbottabad": "KPK", "Islamabad": "Islamabad",
    "Quetta": "Balochistan",
}  # fmt: skip


def slug(text: str) -> str:
    """Write a text as a part of a web address: small letters and digits, joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _url(car: SampleCar, org: SampleOrg) -> str:
    if org.kind == "marketplace":
        words = slug(f"{car.make} {car.model} {car.model_year}")
        return f"https://classifieds.example/used-cars/{words}-for-sale-in-{slug(car.city)}-{car.key}"
    return f"https://{org.code}.example/cars/{car.key.lower()}"


def _engine(car: SampleCar) -> str:
    return f"{car.battery_kwh} kWh" if car.engine_cc is None else f"{car.engine_cc} cc"


def row_of(car: SampleCar, org: SampleOrg, delivery: Delivery) -> Row:
    """Return a car's cells by role, in the words of the dealer's format."""
    kind = FORMATS[delivery.format]
    price = price_words(car.price, delivery.prices)
    photos = [f"https://photos.example/{org.code}/{car.key.lower()}-{number}.jpg" for number in (1, 2, 3)]
    province = PROVINCES.get(car.city, "Punjab")
    row = {
        "key": car.key, "make": car.make, "model": car.model, "variant": car.variant, "year": str(car.model_year),
        "title": f"{car.make} {car.model} {car.variant} {car.model_year}", "dealer": org.name, "condition": "Used",
        "mileage": mileage_words(car.mileage_km, delivery.mileage), "price": price, "currency": "PKR",
        "unit": "MI" if delivery.mileage == "miles" else "KM", "fuel": car.fuel.title(), "engine": _engine(car),
        "transmission": car.transmission.title(), "body": _BODIES.get(car.body, car.body.title()),
        "assembly": car.assembly.title(), "color": car.color, "city": car.city, "area": car.area,
        "location": f"{car.area}, {car.city} {province}", "registered": car.registered_in,
        "address": f"{{addr1: '{car.area}', city: '{car.city}', region: '{province}', country: 'PK'}}",
        "postal_address": f"{car.area}, {car.city} 54000, PK", "remarks": _REMARKS.get(delivery.encoding, "One owner"),
        "photos": "|".join(photos), "photos_semicolon": ";".join(photos), "photo": photos[0],
        "listed": date_words(car.listed_on, kind.dates), "branch": car.branch or "", "url": _url(car, org),
        "status": "available", "visibility": car.visibility, "channels": " ".join(car.channels),
        # Lower prices that no buyer is asked: an import must never take one of them for the price.
        "list_price": "", "trade_price": str(round(car.fair * 0.9)), "cost_price": str(round(car.fair * 0.8)),
    }  # fmt: skip
    if delivery.format == "google" and delivery.mileage == "miles":
        row["mileage"] += " miles"
    return row | {role: kind.words.get(role, {}).get(row[role], row[role]) for role in kind.words}
