"""One spelling of a make or model for look-ups in SQL: "Wagon-R", "wagon r" and "WAGON R" are the same car.

ASCII only, in Python as in SQL, so that both sides agree whatever the database's locale; a name without a Latin letter
or digit has no key. `ix_listings_live_car_key` holds exactly this expression.
"""

import re

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import InstrumentedAttribute

_NOT_KEY = "[^A-Za-z0-9]+"


def car_key(name: str) -> str:
    """Return the key of a name; "" where there is nothing to go by.

    >>> car_key("Wagon R")
    'wagonr'
    """
    return re.sub(_NOT_KEY, "", name).lower()


def car_key_sql(column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """Return the key of a column's names in SQL, as the index has it."""
    return func.lower(func.regexp_replace(column, _NOT_KEY, "", "g"))
