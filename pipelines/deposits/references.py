"""References of orders and refunds at providers: 20 capital letters and digits, which every one of them takes."""

import secrets
from typing import Final

_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_reference(kind: str) -> str:
    """Return a new reference that begins with `AM` and a letter for its kind; it cannot be guessed."""
    return f"AM{kind}" + "".join(secrets.choice(_LETTERS) for _ in range(17))
