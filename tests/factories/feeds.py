"""Sheets of a dealer in the columns of the mapping `showroom`."""

HEADER = "Stock No,Title,Make,Model,Year,Demand,Branch,Status"


def row(key: str, *, year: object = 2018, price: str = "45 lacs", status: str = "") -> str:
    """Write a Toyota Corolla as a row under `HEADER`."""
    return f"{key},Toyota Corolla,Toyota,Corolla,{year},{price},,{status}"


def sheet(*rows: str, header: str = HEADER) -> bytes:
    """Join the header and the rows to a file."""
    return "\n".join([header, *rows, ""]).encode()
