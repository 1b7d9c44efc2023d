"""A real HTTP server with photos on loopback, and what the pipelines of photos need."""

from collections.abc import Iterator

import pytest

from core.db.session import SessionFactory
from core.platform import Platform
from core.settings import Settings
from core.storage import Storage
from tests.factories.sites import Site, served_site


@pytest.fixture
def site() -> Iterator[Site]:
    with served_site(host="127.0.0.1") as made:
        yield made


@pytest.fixture
def platform(settings: Settings, session_factory: SessionFactory, storage: Storage) -> Platform:
    allowed = settings.model_copy(update={"outbound_allow_hosts": "127.0.0.1"})
    return Platform(allowed, session_factory, storage)
