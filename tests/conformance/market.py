"""A small market with everything that searches ask about, written as imports write it."""

import random
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from core.db.tables.listing_popularity import ListingPopularity
from core.vocabulary import Assembly, Body, Color, Fuel, Transmission, Visibility
from tests.factories.bands import add_band
from tests.factories.listings import add_listing

ODD_MODEL = 'F-150 "Raptor" \\ 100% OR city EXISTS'  # what a filter made of strings would trip over
CARS = [("Toyota", "Corolla", "GLi"), ("Toyota", "Corolla", "Altis 1.6"), ("Toyota", "Hilux", None),
        ("Honda", "Civic", "Oriel"), ("Honda", "City", None), ("Suzuki", "Alto", "VXR"), ("Suzuki", "Wagon R", "VXL"),
        ("Mercedes Benz", "C180", None), ("Volkswagen", "Polo", "2018 edition"), ("Ford", ODD_MODEL, None)]  # fmt: skip
DEALERS = ["khan-motors", "malik-cars", "city-autos"]
CITIES = ["Lahore", "Karachi", "Islamabad", "Multan", "Atlantis", None]
PROVINCES = ["Punjab", "Sindh", None]
AREAS = ["DHA Phase 5", "Corolla Road", None]
YEARS = [1999, 2008, 2017, 2018]
ENGINES = [None, 660, 1_300, 1_800]
REGISTERED = [None, "Lahore", "Sindh", "unregistered"]
PRICES = [None, 100_000, 100_000, 250_000, 3_500_000]
KILOMETRES = [None, 0, 5_000, 80_000]
ABOUT = [None, "Genuine paint, Corolla alloys. 2008 import.", "Token taxes paid; urgent sale in Lahore"]
BANDS = [(90_000, 95_000, 110_000), (100_000, 100_001, 250_000), (None, None, None)]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def fill(session: Session, listings: int = 140) -> None:
    """Write the listings, the same ones every time."""
    dice = random.Random(11)
    for _ in range(listings):
        make, model, variant = dice.choice(CARS)
        year = dice.choice(YEARS)
        listing = add_listing(
            session,
            org=dice.choice(DEALERS),
            visibility=dice.choice([*Visibility, "public", "public"]),
            channels=dice.choice([["automart"], ["autotrader"], ["automart", "autotrader"]]),
            status=dice.choice(["live", "live", "reserved", "withdrawn"]),
            title=f"{make} {model} {year}{dice.choice(['', '', ' 4x4', ' 7-seater'])}",
            make=make,
            model=model,
            variant=variant,
            model_year=year,
            price_pkr=dice.choice(PRICES),
            mileage_km=dice.choice(KILOMETRES),
            engine_cc=dice.choice(ENGINES),
            registered_in=dice.choice(REGISTERED),
            city=dice.choice(CITIES),
            province=dice.choice(PROVINCES),
            area=dice.choice(AREAS),
            body=dice.choice([*list(Body)[:3], None]),
            fuel=dice.choice([*list(Fuel)[:3], None]),
            transmission=dice.choice([*Transmission, None]),
            assembly=dice.choice([*Assembly, None]),
            color=dice.choice([*list(Color)[:3], None]),
            description=dice.choice(ABOUT),
            listed_on=dice.choice([date(2026, 1, 1) + timedelta(days=dice.randrange(4)), None]),
            photos=dice.choice([[], ["https://photos.example.com/1.jpg"]]),
        )
        if dice.random() < 0.8:
            add_band(session, listing, *dice.choice(BANDS))
        liked = listing.int % 4 * 2
        if liked:
            session.add(ListingPopularity(listing_id=listing, steps=liked, made_at=NOW))
    session.flush()
