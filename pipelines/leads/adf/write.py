"""Write prospects as an ADF document that keeps the format's rules (`rules.py`)."""

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from pipelines.leads.adf.decoding import clean
from pipelines.leads.adf.prospects import AdfId, Person, Prospect, Vehicle

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<?adf version="1.0"?>\n'


def write_adf(prospects: Sequence[Prospect]) -> str:
    """Return the document of some prospects, at least one; to be stored and sent as UTF-8.

    Elements that the format demands are written empty where a prospect does not say them.
    """
    return f"{_HEAD}{_holding('adf', (_prospect(each) for each in prospects))}\n"


def _prospect(prospect: Prospect) -> str:
    vehicles = prospect.vehicles or (Vehicle(),)
    inside = [
        *map(_id, prospect.ids),
        _text("requestdate", prospect.requested),
        *map(_vehicle, vehicles),
        _holding("customer", [_contact(prospect.customer), *_said("comments", prospect.comments)]),
        _holding("vendor", [_text("vendorname", prospect.vendor), _contact(Person(prospect.vendor))]),
        *([_holding("provider", [_text("name", prospect.provider, part="full")])] if prospect.provider else []),
    ]
    return _holding("prospect", inside, status="resend" if prospect.resent else "new")


def _id(each: AdfId) -> str:
    sequence = each.sequence if each.sequence.isdecimal() else "1"
    return _text("id", each.value, sequence=sequence, source=each.source)


def _vehicle(car: Vehicle) -> str:
    inside = [*(_text(name, getattr(car, name)) for name in ("year", "make", "model"))]
    for name in ("vin", "stock", "trim"):
        inside += _said(name, getattr(car, name))
    inside += _said("odometer", car.odometer, units=car.units)
    inside += _said("price", car.price, type="quote", currency=car.currency)
    inside += _said("comments", car.comments)
    return _holding("vehicle", inside, interest=car.interest, **({"status": car.status} if car.status else {}))


def _contact(person: Person) -> str:
    phones = [text for phone in person.phones for text in _said("phone", phone)]
    inside = [_text("name", person.name, part="full"), *_said("email", person.email), *phones]
    return _holding("contact", inside)


def _said(name: str, value: str, **attributes: str) -> list[str]:
    known = {key: said for key, said in attributes.items() if said}
    return [_text(name, value, **known)] if value else []


def _text(name: str, value: str, **attributes: str) -> str:
    return f"{_opened(name, attributes)}{escape(clean(value))}</{name}>"


def _holding(name: str, inside: Iterable[str], **attributes: str) -> str:
    return "\n".join([_opened(name, attributes), *inside, f"</{name}>"])


def _opened(name: str, attributes: dict[str, str]) -> str:
    said = "".join(f" {key}={_quoted(value)}" for key, value in attributes.items())
    return f"<{name}{said}>"


def _quoted(value: str) -> str:
    # Line breaks in an attribute are read as spaces by parsers, so they are written as what they are read as.
    return quoteattr(" ".join(clean(value).split()), {'"': "&quot;"})
