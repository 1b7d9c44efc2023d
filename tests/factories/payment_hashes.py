"""The providers' signatures, written anew after their documents and without the platform's own code."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

_SHA256_OF_PKCS1 = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017, section 9.2


def hmac_by_hand(key: bytes, message: bytes, digest: str) -> bytes:
    """HMAC as RFC 2104 writes it."""
    size = hashlib.new(digest).block_size
    key = hashlib.new(digest, key).digest() if len(key) > size else key
    padded = key.ljust(size, b"\0")
    inner = hashlib.new(digest, bytes(each ^ 0x36 for each in padded) + message).digest()
    return hashlib.new(digest, bytes(each ^ 0x5C for each in padded) + inner).digest()


def jazzcash_hash(salt: str, fields: Mapping[str, Any]) -> str:
    text = salt
    for name in sorted(fields):
        if name[:2] == "pp" and name != "pp_SecureHash" and fields[name] not in (None, ""):
            text += "&" + str(fields[name])
    return hmac_by_hand(salt.encode(), text.encode(), "sha256").hex().upper()


def safepay_signature(secret: str, body: bytes) -> str:
    return hmac_by_hand(secret.encode(), body, "sha512").hex()


def payfast_hash(basket: str, key: str, merchant: str, code: str) -> str:
    return hashlib.sha256(f"{basket}|{key}|{merchant}|{code}".encode()).hexdigest()


def rsa_signature(text: str, key: RSAPrivateKey) -> str:
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    size = (modulus.bit_length() + 7) // 8
    info = _SHA256_OF_PKCS1 + hashlib.sha256(text.encode()).digest()
    block = b"\0\1" + b"\xff" * (size - len(info) - 3) + b"\0" + info
    return base64.b64encode(pow(int.from_bytes(block), numbers.d, modulus).to_bytes(size)).decode()


def rsa_says(signature: str, key: RSAPublicKey) -> bytes:
    """The digest that a signature is of."""
    numbers = key.public_numbers()
    size = (numbers.n.bit_length() + 7) // 8
    block = pow(int.from_bytes(base64.b64decode(signature)), numbers.e, numbers.n).to_bytes(size)
    head, _zero, info = block[2:].partition(b"\0")
    assert block[:2] == b"\0\1"
    assert set(head) == {0xFF}
    assert info.startswith(_SHA256_OF_PKCS1)
    return info[len(_SHA256_OF_PKCS1) :]


def compact_request(body: bytes) -> str:
    """The member `request` of a body that is JSON, without spaces."""
    found = re.search(r'"request":\s*(\{.*\}),\s*"signature"', body.decode())
    assert found is not None
    return json.dumps(json.loads(found[1]), separators=(",", ":"))
