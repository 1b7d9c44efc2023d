"""Read the prospects of an ADF document, however its sender misunderstood the format."""

import re

from core.errors import InvalidInputError
from pipelines.leads.adf.prospects import INTERESTS, UNITS, AdfId, Person, Prospect, Vehicle
from pipelines.leads.adf.tree import Element, read_tree

MOST_PROSPECTS = 100
_NAME_ORDER = ("first", "middle", "surname", "last", "suffix")  # "surname" is the format's, "last" what all write
_CURRENCY = re.compile("[A-Za-z]{3}")
_MILES = frozenset({"mi", "mile", "miles"})


class UnreadableAdfError(InvalidInputError):
    """A text has no prospect in it. It may still be from a buyer, and then becomes a lead as it stands."""

    code = "unreadable_adf"


def read_adf(text: str) -> tuple[Prospect, ...]:
    """Return the prospects of a document.

    Raises:
        UnreadableAdfError: there is none, or there are more than 100.
        EntitiesRefusedError, TooManyElementsError: as they say.
    """
    top = read_tree(text)
    found = [element for element in top.walk() if element.name == "prospect"]
    if not found or len(found) > MOST_PROSPECTS:
        raise UnreadableAdfError(f"The document has {len(found)} <prospect> elements; it needs 1 to {MOST_PROSPECTS}.")
    root = next((element for element in top.walk() if element.name == "adf"), top)
    return tuple(_prospect(element, root) for element in found)


def _prospect(at: Element, root: Element) -> Prospect:
    customer = at.first("customer")
    contact = customer.first("contact")
    comments = (customer.first("comments").text, contact.first("comments").text, at.first("comments").text)
    vehicles = (_vehicle(each) for each in at.all("vehicle"))
    return Prospect(
        ids=_ids(at),
        requested=at.first("requestdate").text,
        vehicles=tuple(vehicle for vehicle in vehicles if vehicle.names_something),
        customer=_person(contact if contact.children else customer),
        comments="\n".join(text for text in comments if text),
        vendor=_company(at, root, "vendor"),
        provider=_company(at, root, "provider"),
        resent=at.attributes.get("status", "").lower() == "resend",
    )


def _ids(at: Element) -> tuple[AdfId, ...]:
    return tuple(
        AdfId(each.text, each.attributes.get("source", ""), each.attributes.get("sequence") or "1")
        for each in at.all("id")
        if each.text
    )


def _vehicle(at: Element) -> Vehicle:
    odometer, price = at.first("odometer"), at.first("price")
    interest = at.attributes.get("interest", "").lower().replace(" ", "-").replace("_", "-")
    status = at.attributes.get("status", "").lower()
    currency = price.attributes.get("currency", "")
    distance = odometer.text or odometer.first("value").text
    return Vehicle(
        **{name: at.first(name).text for name in ("year", "make", "model", "vin", "stock", "trim", "comments")},
        odometer=distance,
        units=_units(odometer) if distance else "",
        price=price.text,
        currency=currency.upper() if price.text and _CURRENCY.fullmatch(currency) else "",
        interest=interest if interest in INTERESTS else "buy",
        status=status if status in ("new", "used") else "",
    )


def _units(odometer: Element) -> str:
    said = (odometer.attributes.get("units") or odometer.first("units").text).lower()
    return "mi" if said in _MILES else said if said in UNITS else "km" if said.startswith("k") else ""


def _person(at: Element) -> Person:
    phones = dict.fromkeys(each.text for each in at.all("phone") if each.text)
    return Person(_name(at), at.first("email").text, tuple(phones))


def _name(at: Element) -> str:
    parts = [(each.attributes.get("part", "full").lower(), each.text) for each in at.all("name") if each.text]
    full = next((text for part, text in parts if part == "full" or part not in _NAME_ORDER), "")
    ordered = (text for wanted in _NAME_ORDER for part, text in parts if part == wanted)
    return full or " ".join(ordered)


def _company(at: Element, root: Element, name: str) -> str:
    """Return the name of the vendor or provider, which some write beside the prospect instead of in it."""
    for element in (at.first(name), root.first(name)):
        said = element.first("vendorname").text or _name(element) or _name(element.first("contact"))
        if said:
            return said
    return ""
