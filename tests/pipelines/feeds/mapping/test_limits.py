"""An organisation keeps a bounded number of mappings, and a list of them looks at the storage once."""

import re
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from core.access.principal import Membership, Principal
from core.access.roles import Role
from core.errors import ConflictError
from core.identity.orgs import add_org
from core.storage import Storage
from pipelines.feeds.mapping import store
from pipelines.feeds.mapping.store import preset_text, save_mapping
from serving.feeds.mappings import list_mappings


def text_of(version: int = 1) -> bytes:
    return re.sub(rb"^version = \d+", b"version = %d" % version, preset_text("showroom"), count=1, flags=re.MULTILINE)


def test_mappings_and_versions_are_bounded(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_MAPPINGS", 2)
    monkeypatch.setattr(store, "MOST_VERSIONS", 2)
    owner = uuid4()
    for name, version in (("one", 1), ("two", 1), ("two", 2)):
        save_mapping(storage, name, text_of(version), owner)
    for name, version in (("three", 1), ("two", 3)):
        with pytest.raises(ConflictError) as caught:
            save_mapping(storage, name, text_of(version), owner)
        assert caught.value.code == "too_many_mappings"
    save_mapping(storage, "two", text_of(2), owner)  # the same again changes nothing
    save_mapping(storage, "one", text_of(2), owner)
    save_mapping(storage, "three", text_of(), uuid4())


def test_list_looks_at_the_storage_once_however_many_mappings_there_are(
    session: Session, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    org = add_org(session, "khan-motors", "Khan Motors", default_mapping="one")
    for name in ("one", "two", "three"):
        for version in (1, 2, 3):
            save_mapping(storage, name, text_of(version), org.id)
    admin = Principal(uuid4(), (Membership(org.id, org.code, Role.ORG_ADMIN),))
    looks: list[str] = []
    keys = Storage.keys

    def counted(self: Storage, prefix: str = "") -> Any:
        looks.append(prefix)
        return keys(self, prefix)

    monkeypatch.setattr(Storage, "keys", counted)
    found = list_mappings(session, storage, admin, "khan-motors")
    own = [(each.mapping.name, each.mapping.version, each.versions, each.default) for each in found if each.own]
    assert own == [("one", 3, (1, 2, 3), True), ("three", 3, (1, 2, 3), False), ("two", 3, (1, 2, 3), False)]
    assert looks == [f"mappings/{org.id}/"]
