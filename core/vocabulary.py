"""The controlled lists of the market: the only values that the canonical listing columns may hold.

Dealers' spellings are folded onto these by the feed mappings; the dealer's own word is kept where it carries
more (`color_raw`). Values are lower case and stable: they are stored, indexed and part of the API.
"""

from enum import StrEnum


class Fuel(StrEnum):
    """The energy that drives the car."""

    PETROL = "petrol"
    DIESEL = "diesel"
    HYBRID = "hybrid"
    PLUGIN_HYBRID = "plugin_hybrid"
    ELECTRIC = "electric"
    CNG = "cng"
    LPG = "lpg"


class Transmission(StrEnum):
    """Gearbox, as buyers ask for it; AGS, CVT and DCT are automatic."""

    MANUAL = "manual"
    AUTOMATIC = "automatic"


class Drive(StrEnum):
    """Wheels that the engine drives: all four, permanently or by choice, or two."""

    FOUR = "4wd"
    TWO = "2wd"


class Body(StrEnum):
    """Body style."""

    SEDAN = "sedan"
    HATCHBACK = "hatchback"
    SUV = "suv"
    CROSSOVER = "crossover"
    MPV = "mpv"
    VAN = "van"
    MICRO_VAN = "micro_van"
    PICKUP = "pickup"
    TRUCK = "truck"
    WAGON = "wagon"
    COUPE = "coupe"
    CONVERTIBLE = "convertible"


class Assembly(StrEnum):
    """Assembled in Pakistan, or imported built."""

    LOCAL = "local"
    IMPORTED = "imported"


class Color(StrEnum):
    """Colour families; the dealer's own spelling is kept beside it."""

    WHITE = "white"
    BLACK = "black"
    GREY = "grey"
    SILVER = "silver"
    BLUE = "blue"
    RED = "red"
    MAROON = "maroon"
    GREEN = "green"
    BEIGE = "beige"
    BROWN = "brown"
    GOLD = "gold"
    BRONZE = "bronze"
    ORANGE = "orange"
    YELLOW = "yellow"
    PINK = "pink"
    PURPLE = "purple"
    TURQUOISE = "turquoise"


class Visibility(StrEnum):
    """The audience of a listing: everyone, dealers of the wholesale market, or its own organisation."""

    PUBLIC = "public"
    WHOLESALE_PUBLIC = "wholesale_public"
    PRIVATE = "private"


class Channel(StrEnum):
    """The product on which a listing is shown."""

    AUTOMART = "automart"
    AUTOTRADER = "autotrader"


class ListingStatus(StrEnum):
    """The states of a listing's life; `core.states.listings` says what each means and who may leave it."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    LIVE = "live"
    RESERVED = "reserved"
    SOLD = "sold"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REJECTED = "rejected"


class BandMethod(StrEnum):
    """The method that made a price band; `none`: there is no reliable estimate, and a reason says why."""

    MODEL = "model"
    FAMILY = "family"
    COMPARABLES = "comparables"
    NONE = "none"


class PhotoSlot(StrEnum):
    """The part of the car that a photo shows."""

    FRONT = "front"
    REAR = "rear"
    LEFT = "left"
    RIGHT = "right"
    FRONT_LEFT = "front_left"
    FRONT_RIGHT = "front_right"
    REAR_LEFT = "rear_left"
    REAR_RIGHT = "rear_right"
    DASHBOARD = "dashboard"
    ODOMETER = "odometer"
    INTERIOR = "interior"
    REAR_SEATS = "rear_seats"
    ENGINE = "engine"
    BOOT = "boot"
    WHEEL = "wheel"
    DAMAGE = "damage"
    OTHER = "other"


class DocumentKind(StrEnum):
    """The paper of a car that a document shows."""

    REGISTRATION_BOOK = "registration_book"
    SMART_CARD = "smart_card"
    AUCTION_SHEET = "auction_sheet"
    INSPECTION_REPORT = "inspection_report"
    TOKEN_TAX = "token_tax"  # noqa: S105  (the yearly road tax)
    OTHER = "other"
