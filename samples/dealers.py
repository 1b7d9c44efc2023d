"""The invented dealers: who they are, what format they send, and in what state. Names and places are made up."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SampleBranch:
    """A showroom."""

    code: str
    name: str
    city: str


@dataclass(frozen=True)
class SampleOrg:
    """An organisation of the market; the fields are those of the tables `orgs` and `branches`."""

    code: str
    name: str
    kind: str
    default_mapping: str
    branches: tuple[SampleBranch, ...]


@dataclass(frozen=True)
class Delivery:
    """A dealer's way of sending: format, encoding, styles of prices and mileage, and the faults in the file."""

    format: str
    encoding: str = "utf-8"
    prices: str = "plain"
    mileage: str = "plain"
    faults: tuple[str, ...] = ()
    """Reject codes, one bad row for each occurrence."""


# code, name, cities (one branch each), delivery
_DEALERS: tuple[tuple[str, str, tuple[str, ...], Delivery], ...] = (
    ("chenab-wheels", "Chenab Wheels", ("Lahore", "Gujranwala"),
     Delivery("showroom", "utf-8-sig", "lacs", "km", ("missing_year", "price_not_understood", "duplicate_key"))),
    ("karakoram-autos", "Karakoram Autos", ("Islamabad", "Rawalpindi"),
     Delivery("vauto", "utf-8-sig", "plain", "grouped", ("missing_key", "ragged_row", "currency_not_supported"))),
    ("sandstone-motors", "Sandstone Motors", ("Karachi",),
     Delivery("meta", "utf-8", "code", "plain", ("currency_not_supported", "not_for_sale", "bad_year"))),
    ("margalla-drive", "Margalla Drive", ("Islamabad",),
     Delivery("autoscout24", "utf-8", "plain", "plain", ("not_for_sale", "missing_year", "missing_model"))),
    ("bolan-pass-cars", "Bolan Pass Cars", ("Quetta",),
     Delivery("spreadsheet", "cp1252", "bare_lacs", "plain", ("price_not_understood", "missing_make"))),
    ("sutlej-auto-point", "Sutlej Auto Point", ("Multan", "Lahore", "Faisalabad"),
     Delivery("pipe", "utf-8", "lakh_groups", "grouped", ("not_for_sale", "ragged_row", "price_too_low"))),
    ("indus-bazaar", "Indus Bazaar Motors", ("Hyderabad", "Karachi"),
     Delivery("dealer-xml", "utf-8", "plain", "plain", ("currency_not_supported", "unknown_channel"))),
    ("kohsar-carhouse", "Kohsar Car House", ("Abbottabad",),
     Delivery("google", "utf-8", "code", "km", ("currency_not_supported", "duplicate_key"))),
    ("gulberg-garage", "Gulberg Garage", ("Lahore",),
     Delivery("showroom", "utf-8", "urdu", "urdu", ("unknown_visibility", "mileage_out_of_range"))),
    ("ravi-riders", "Ravi Riders", ("Lahore", "Sialkot"),
     Delivery("vauto", "utf-8", "pkr", "plain", ("bad_quoting", "price_too_low"))),
    ("clifton-cruisers", "Clifton Cruisers", ("Karachi",),
     Delivery("meta", "utf-16-le", "code", "miles", ("bad_year", "missing_model"))),
    ("frontier-four", "Frontier Four by Four", ("Peshawar",),
     Delivery("spreadsheet", "utf-8", "bare_lacs", "grouped", ("nul_byte", "unknown_visibility"))),
    ("saffron-sedans", "Saffron Sedans", ("Faisalabad",),
     Delivery("dealer-xml", "iso-8859-15", "crore", "miles", ("missing_key", "missing_year"))),
    ("jhelum-junction", "Jhelum Junction Cars", ("Rawalpindi", "Gujranwala"),
     Delivery("pipe", "utf-8-sig", "plain", "plain", ("duplicate_key", "mileage_out_of_range"))),
    ("pearl-continent", "Pearl Continent Autos", ("Lahore", "Islamabad", "Karachi"),
     Delivery("vauto", "utf-8-sig", "plain", "plain", ("duplicate_key", "bad_year", "missing_make"))),
    ("thar-trade", "Thar Trade Cars", ("Karachi", "Hyderabad"),
     Delivery("pipe", "utf-8", "pkr", "km", ("price_too_high", "missing_model"))),
    ("anarkali-auto-mart", "Anarkali Auto Bazaar", ("Lahore",),
     Delivery("showroom", "cp1256", "urdu_words", "km", ("not_for_sale", "missing_make"))),
    ("blue-pottery", "Blue Pottery Motors", ("Multan",),
     Delivery("showroom", "utf-8", "crore", "plain", ("not_utf8", "ragged_row", "price_too_high"))),
    ("shalimar-select", "Shalimar Select", ("Lahore",),
     Delivery("autoscout24", "utf-8", "plain", "plain", ("currency_not_supported", "bad_year"))),
    ("khyber-keys", "Khyber Keys", ("Peshawar", "Abbottabad"),
     Delivery("google", "utf-8-sig", "code", "miles", ("missing_year", "price_too_low"))),
    ("moonlight-imports", "Moonlight Imports", ("Karachi",),
     Delivery("dealer-xml", "utf-8", "pkr", "plain", ("unknown_visibility", "not_for_sale"))),
    ("sialkot-speed", "Sialkot Speedways", ("Sialkot",),
     Delivery("spreadsheet", "cp1252", "bare_lacs", "km", ("bad_quoting", "bad_year"))),
    ("neelum-cars", "Neelum Cars", ("Islamabad",),
     Delivery("meta", "utf-8", "code", "plain", ("duplicate_key", "price_not_understood"))),
    ("old-canal-autos", "Old Canal Autos", ("Faisalabad", "Lahore"),
     Delivery("showroom", "utf-8", "lacs", "plain", ("unknown_channel", "bad_key"))),
    ("makran-coast", "Makran Coast Motors", ("Karachi", "Quetta"),
     Delivery("vauto", "utf-8", "lakh_groups", "miles_named", ("missing_year", "mileage_out_of_range"))),
)  # fmt: skip

CLASSIFIEDS = SampleOrg("classifieds", "Automart.pk classifieds", "marketplace", "classifieds", ())
CLASSIFIEDS_DELIVERY = Delivery(
    "classifieds",
    "utf-8",
    "said",
    "km",
    ("unknown_make", "duplicate_key", "duplicate_key", "price_not_understood", "mileage_out_of_range", "ragged_row",
     "bad_year", "missing_key", "currency_not_supported"),
)  # fmt: skip


def _org(code: str, name: str, cities: tuple[str, ...], mapping: str) -> SampleOrg:
    branches = (SampleBranch(f"{code[:3]}-{city[:3].lower()}", f"{name}, {city}", city) for city in cities)
    return SampleOrg(code, name, "dealer", mapping, tuple(branches))


def deliveries() -> dict[str, tuple[SampleOrg, Delivery]]:
    """Return every organisation and how it sends, by code, dealers first."""
    dealers = {code: (_org(code, name, cities, delivery.format), delivery) for code, name, cities, delivery in _DEALERS}
    return dealers | {CLASSIFIEDS.code: (CLASSIFIEDS, CLASSIFIEDS_DELIVERY)}
