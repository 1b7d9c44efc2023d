"""The people of the API's tests."""

import pytest

from core.db.session import SessionFactory
from core.security.platform_keys import open_keys
from core.settings import Settings
from tests.api.people import People


@pytest.fixture
def people(settings: Settings, session_factory: SessionFactory) -> People:
    return People(session_factory, open_keys(settings))
