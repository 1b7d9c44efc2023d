"""Records into the bytes of a file: delimited text by the format's columns, XML by hand, encodings and breakage."""

import codecs
from xml.sax.saxutils import escape, quoteattr

from samples.dealers import Delivery
from samples.faults import Record
from samples.formats import FORMATS, Row

_MARKS = {"utf-8-sig": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE}
_NOT_UTF8 = "\udce9"
"""Written as the single byte 0xE9: Latin-1 in a file that is UTF-8."""


def _cell(text: str, delimiter: str) -> str:
    if any(char in text for char in (delimiter, '"', "\n")):
        return '"' + text.replace('"', '""') + '"'
    return text


def _broken(cells: list[str], breakage: str, delimiter: str) -> str:
    line = delimiter.join(cells)
    if breakage == "ragged_row":
        return delimiter.join(cells[:3])  # empty cells at the end may be left out, the car may not
    return {"bad_quoting": f'"{line}', "nul_byte": f"\x00{line}", "not_utf8": _NOT_UTF8 + line}[breakage]


def _delimited(records: list[Record], delivery: Delivery) -> str:
    kind = FORMATS[delivery.format]
    delimiter = kind.delimiter or ","
    lines = [delimiter.join(_cell(header, delimiter) for header, _ in kind.columns)]
    for record in records:
        cells = [_cell(record.row.get(role, ""), delimiter) for _, role in kind.columns]
        lines.append(delimiter.join(cells) if record.breakage is None else _broken(cells, record.breakage, delimiter))
    ending = "\r\n" if delivery.encoding in ("utf-8-sig", "cp1252", "utf-16-le") else "\n"
    return ending.join(lines) + ending


def _elements(row: Row, names: dict[str, str]) -> str:
    return "".join(f"<{tag}>{escape(row[role])}</{tag}>" for tag, role in names.items())


def _dealer_xml_car(row: Row) -> str:
    attributes = "".join(f" {name}={quoteattr(row[name])}" for name in ("branch", "visibility", "channels", "status"))
    names = ("title", "make", "model", "variant", "year", "fuel", "transmission", "body", "assembly", "color", "engine",
             "registered", "listed", "url")  # fmt: skip
    photos = "".join(f"<photo>{escape(photo)}</photo>" for photo in row["photos"].split("|"))
    return (
        f"<car id={quoteattr(row['key'])}{attributes}>"
        + _elements(row, {name: name for name in names})
        + f"<mileage unit={quoteattr(row['unit'])}>{escape(row['mileage'])}</mileage>"
        + f"<price currency={quoteattr(row['currency'])}>{escape(row['price'])}</price>"
        + f"<location>{_elements(row, {'city': 'city', 'area': 'area'})}</location>"
        + f"<description>{escape(row['remarks'])}</description><photos>{photos}</photos></car>"
    )


def _stx3_price(kind: str, currency: str, value: str) -> str:
    return f"<price><type>{kind}</type><currency>{currency}</currency><value>{value}</value></price>"


def _autoscout24_car(row: Row) -> str:
    registered = f"{row['year']}-03-01" if row["year"] else ""
    former_new = _stx3_price("former_new", "PKR", "99000000")  # the trap: what the car cost when it was new
    prices = former_new + _stx3_price("public", row["currency"], row["price"]) + _stx3_price("dealer", "PKR", "")
    names = {"ownersvehicle_id": "key", "status": "status", "body": "body", "brand": "make", "model": "model",
             "version": "variant", "body_color": "color", "gear_type": "transmission", "fuel_type": "fuel"}  # fmt: skip
    photos = "".join(f"<image><uri>{escape(photo)}</uri></image>" for photo in row["photos"].split("|"))
    return (
        f"<vehicle><dealer_id>{escape(row['branch'])}</dealer_id>{_elements(row, names)}<doors></doors>"
        f"<capacity>{escape(row['engine'].removesuffix(' cc'))}</capacity><mileage>{row['mileage']}</mileage>"
        f"<initial_registration>{registered}</initial_registration><prices>{prices}</prices>"
        f"<media><images>{photos}</images></media></vehicle>"
    )


def _xml(records: list[Record], delivery: Delivery) -> str:
    head = f'<?xml version="1.0" encoding="{delivery.encoding}"?>\n'
    if delivery.format == "autoscout24":
        cars = "\n".join(_autoscout24_car(record.row) for record in records)
        return f"{head}<stx3><vehicle_data><vehicles>\n{cars}\n</vehicles></vehicle_data></stx3>\n"
    cars = "\n".join(_dealer_xml_car(record.row) for record in records)
    return f"{head}<inventory>\n{cars}\n</inventory>\n"


def file_bytes(records: list[Record], delivery: Delivery) -> bytes:
    """Write the file as the dealer sends it."""
    text = (_delimited if FORMATS[delivery.format].delimiter else _xml)(records, delivery)
    encoding = "utf-8" if delivery.encoding == "utf-8-sig" else delivery.encoding
    return _MARKS.get(delivery.encoding, b"") + text.encode(encoding, "surrogateescape")
