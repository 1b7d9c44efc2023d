"""Parse the text of a batch so that what is wrong in one event stays wrong in that event alone."""

import json
import math
import zlib
from typing import Final

from pipelines.engagement.capture.reading import BadBatchError

_LONGEST_INTEGER: Final = 25
_GZIP: Final = 31
"""Of zlib: a window of 2^15 bytes, with the header of gzip."""


def parse_batch(body: bytes) -> object:
    """Parse JSON. Bytes that are no UTF-8, and numbers that nothing can hold, spoil the event that they are in.

    Raises:
        BadBatchError: it is not JSON.
    """
    try:
        text = body.decode("utf-8-sig", errors="surrogateescape")
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            raise
        except ValueError:  # Python refuses integers of thousands of digits
            return json.loads(text, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise BadBatchError(f"The body is not JSON: {error.msg} at character {error.pos}.") from None
    except RecursionError:
        raise BadBatchError("The body is nested too deeply.") from None


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else math.inf


def inflate(body: bytes, most: int) -> bytes | None:
    """Inflate a body that is packed with gzip; None where more than `most` bytes come out.

    Raises:
        BadBatchError: it is not gzip, or not whole.
    """
    inflater = zlib.decompressobj(_GZIP)
    try:
        data = inflater.decompress(body, most + 1)
    except zlib.error:
        raise BadBatchError("The body is not gzip, as its Content-Encoding says.") from None
    if len(data) > most:
        return None
    if not inflater.eof or inflater.unused_data:
        raise BadBatchError("The gzip of the body is not whole, or something follows it.")
    return data
