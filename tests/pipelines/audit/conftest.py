"""The trail is written and verified with the pipelines' rights; an intruder sheds them by RESET ROLE."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from core.db.logins import Login
from tests.factories.sessions import rolled_back


@pytest.fixture
def session(admin_engine: Engine) -> Iterator[Session]:
    with rolled_back(admin_engine) as session:
        session.execute(text(f"SET LOCAL ROLE {Login.PIPELINES}"))
        yield session
