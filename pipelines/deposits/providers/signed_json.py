"""Easypaisa's envelope: an object under one name, and an RSA signature (SHA-256, PKCS #1 v1.5) of its compact text.

The text is signed as it was written, in the order of its members and without spaces between them; reading and writing
it anew would change numbers.
"""

import base64
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

_SPACES: Final = re.compile(r'("(?:\\.|[^"\\])*")|\s+')
_SPACE: Final = re.compile(r"\s*")


def signed(request: Mapping[str, Any], key: "RSAPrivateKey") -> dict[str, Any]:
    """Wrap a request and sign it."""
    return {"request": request, "signature": base64.b64encode(_sign(key, compact(json.dumps(request)))).decode()}


def is_signed(answer: str, signature: str, key: "RSAPublicKey") -> bool:
    """Tell whether the signature is that of the member `response` of an answer."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    text = member_text(answer, "response")
    try:
        key.verify(base64.b64decode(signature, validate=True), compact(text or "").encode(), PKCS1v15(), SHA256())
    except (ValueError, InvalidSignature):
        return False
    return text is not None


def member_text(document: str, name: str) -> str | None:
    """Return the text of a member of the outermost object as it is written; None where it is not there once."""
    decoder, found, place = json.JSONDecoder(), [], document.find("{") + 1
    try:
        while (place := _after(document, place)) < len(document) and document[place] != "}":
            key, place = decoder.raw_decode(document, place)
            start = _after(document, _after(document, place) + 1)
            _value, place = decoder.raw_decode(document, start)
            if key == name:
                found.append(document[start:place])
            place = _after(document, place)
            place += document[place : place + 1] == ","
    except (ValueError, RecursionError):
        return None
    return found[0] if len(found) == 1 else None


def compact(text: str) -> str:
    """Leave out the spaces between the parts of a JSON text."""
    return _SPACES.sub(lambda part: part[1] or "", text)


def private_key(pem: str) -> "RSAPrivateKey":
    """Read the platform's own key.

    Raises:
        ValueError: it is none.
    """
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(_lines(pem), None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("The key is of another kind than RSA.")  # noqa: TRY004  (it is the text that is wrong)
    return key


def public_key(pem: str) -> "RSAPublicKey":
    """Read Easypaisa's key.

    Raises:
        ValueError: it is none.
    """
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(_lines(pem))
    if not isinstance(key, RSAPublicKey):
        raise ValueError("The key is of another kind than RSA.")  # noqa: TRY004  (it is the text that is wrong)
    return key


def _lines(pem: str) -> bytes:
    return pem.replace("\\n", "\n").encode()


def _after(document: str, place: int) -> int:
    found = _SPACE.match(document, place)
    return found.end() if found is not None else place


def _sign(key: "RSAPrivateKey", text: str) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    return key.sign(text.encode(), PKCS1v15(), SHA256())
