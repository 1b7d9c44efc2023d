"""Keys of the tests of personal data."""

from pathlib import Path

import pytest

from core.security.platform_keys import PlatformKeys, kept_keys


@pytest.fixture
def keys(tmp_path: Path) -> PlatformKeys:
    return kept_keys(tmp_path / "keys")
