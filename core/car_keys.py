"""One spelling of a make or model for look-ups in SQL: "Wagon-R", "wagon r" and "WAGON R" are the same car.

ASCII only, in Python as in SQL, so that both sides agree whatever the database's locale; a name without a Latin letter
or digit has no key. The columns `make_key` and `model_key` of listings hold it.
"""

import re

_NOT_KEY = "[^A-Za-z0-9]+"
CAR_KEY_SQL = f"lower(regexp_replace({{}}, '{_NOT_KEY}', '', 'g'))"
"""The key of a column of names, in SQL."""


def car_key(name: str) -> str:
    """Return the key of a name; "" where there is nothing to go by.

    >>> car_key("Wagon R")
    'wagonr'
    """
    return re.sub(_NOT_KEY, "", name).lower()
