"""Sheets of a dealer in the columns of the mapping `showroom`, and a mapping of a dealer's own."""

HEADER = "Stock No,Title,Make,Model,Year,Demand,Branch,Status"


def row(key: str, *, year: object = 2018, price: str = "45 lacs", status: str = "") -> str:
    """Write a Toyota Corolla as a row under `HEADER`."""
    return f"{key},Toyota Corolla,Toyota,Corolla,{year},{price},,{status}"


def sheet(*rows: str, header: str = HEADER) -> bytes:
    """Join the header and the rows to a file."""
    return "\n".join([header, *rows, ""]).encode()


def sheet_mapping(version: int = 1, key: str = "No", unit: str = "lakh") -> str:
    """A dealer's own mapping of a small sheet, as TOML: its version, its key, and the unit of bare prices."""
    return f"""version = {version}
about = "a sheet"
delivery = "full"
key = [["{key}"]]
bare_price_unit = "{unit}"
[columns]
make = "Make"
model = "Model"
model_year = "Year"
price = "Rate"
[constants]
visibility = "public"
channels = "automart autotrader"
"""
