"""Signed messages are verified by code that is not ours: the official library, and ed25519 of another library."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc._rfc8037.okp_key import OKPKey
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from core.clock import utc_now
from core.errors import InvalidInputError
from pipelines.webhooks.signing import SigningKeys, new_secret, new_signing_key, secret_bytes, signature_headers, verify


@given(st.text(max_size=500).map(str.encode))
def test_official_library_verifies_every_body_under_both_secrets(body: bytes) -> None:
    old, new = new_secret(), new_secret()
    headers = signature_headers(SigningKeys([new, old], new_signing_key()[0]), "msg_1", utc_now(), body)
    for secret in (new, old):
        Webhook(secret).verify(body, headers, json_parse=False)
        assert verify(secret, headers, body)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers, json_parse=False)
    assert not verify(new_secret(), headers, body)


def test_known_signature_of_the_specification() -> None:
    """From the test vectors of Standard Webhooks."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = signature_headers(
        SigningKeys([secret], new_signing_key()[0]),
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        b'{"test": 2432232314}',
    )
    assert headers["webhook-signature"].split()[0] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_ed25519_signature_is_verified_by_another_implementation() -> None:
    private, public = new_signing_key()
    headers = signature_headers(SigningKeys([new_secret()], private), "msg_1", utc_now(), b"{}")
    version, _, signature = headers["webhook-signature"].split()[-1].partition(",")
    assert version == "v1a"
    x = base64.urlsafe_b64encode(base64.b64decode(public.removeprefix("whpk_"))).rstrip(b"=").decode()
    key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": x})
    signed = f"msg_1.{headers['webhook-timestamp']}.{{}}".encode()
    key.public_key.verify(base64.b64decode(signature), signed)


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "webhook-signature", "body"])
def test_one_changed_part_is_refused(changed: str) -> None:
    secret, body = new_secret(), b'{"a":1}'
    headers = signature_headers(SigningKeys([secret], new_signing_key()[0]), "msg_1", utc_now(), body)
    if changed == "body":
        body = b'{"a":2}'
    elif changed == "webhook-timestamp":
        headers[changed] = str(int((utc_now() + timedelta(seconds=1)).timestamp()))
    else:
        headers[changed] = headers[changed].replace("1", "2", 1)
    assert not verify(secret, headers, body)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers, json_parse=False)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_!!", "whsec_" + base64.b64encode(b"x" * 23).decode(), "x" * 40]
)
def test_impossible_secret_is_refused(secret: str) -> None:
    with pytest.raises(InvalidInputError, match="24 to 64 bytes"):
        secret_bytes(secret)
