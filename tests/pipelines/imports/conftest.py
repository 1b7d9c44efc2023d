"""The dealer whose files are imported."""

import pytest
from sqlalchemy.orm import Session

from core.db.tables import Org
from core.identity.orgs import add_org


@pytest.fixture
def org(session: Session) -> Org:
    return add_org(session, "khan-motors", "Khan Motors", default_mapping="showroom")
