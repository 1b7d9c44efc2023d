"""Make the blind index of chassis numbers, and seal them under the key of whoever offers the car."""

import hmac
from collections.abc import Callable
from typing import Final

from core.personal_data.sealed_column import SealedColumn
from core.security.platform_keys import PlatformKeys
from core.security.sealing import derive

CHASSIS_NUMBER: Final = SealedColumn("listing_chassis", "sealed_number", "org", "org_id")
SELLERS_CHASSIS_NUMBER: Final = SealedColumn("listing_chassis", "sealed_for_seller", "person", "seller_id")
"""The number of a private ad."""
_PURPOSE: Final = "blind index chassis"


def chassis_indexer(keys: PlatformKeys) -> Callable[[str], bytes]:
    """Return the function that gives a number's blind index (32 bytes); its key is derived once for many numbers.

    Numbers are compared without the hyphen, which some senders leave out.
    """
    key = derive(keys.index, _PURPOSE)

    def index(number: str) -> bytes:
        return hmac.digest(key, number.replace("-", "").encode(), "sha256")

    return index
