"""Keys of a platform, made anew."""

import base64

from core.security.keyring import new_keyring
from core.security.platform_keys import PlatformKeys, given_keys, new_signing_keys


def new_platform_keys() -> PlatformKeys:
    """Make keys as settings would give them."""
    return given_keys(new_keyring().to_json(), base64.b64encode(bytes(32)).decode(), new_signing_keys())
