"""Keys, a clock and contacts for the tests of logins."""

import base64
from datetime import UTC, datetime

import pytest

from core.identity.contacts import Contact, phone
from core.security.keyring import new_keyring
from core.security.platform_keys import PlatformKeys, given_keys, new_signing_keys

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)


@pytest.fixture(scope="session")
def keys() -> PlatformKeys:
    return given_keys(new_keyring().to_json(), base64.b64encode(bytes(32)).decode(), new_signing_keys())


@pytest.fixture
def number() -> Contact:
    return phone("0300 1234567")
