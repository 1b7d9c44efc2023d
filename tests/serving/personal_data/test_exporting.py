"""The export shows what is held, and the erasure takes away what the export shows."""

import io
import json
from functools import partial
from typing import Any
from uuid import uuid4

from obstore.store import MemoryStore
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.access.tenant import transaction_for
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.session import SessionFactory, transaction
from core.declarations import gather_declarations
from core.security.platform_keys import PlatformKeys
from core.storage import Storage
from serving.personal_data.erasing import erase_person
from serving.personal_data.exporting import Means, write_export
from tests.factories.personal_data import NAME, NOW, known_person

KEPT = {"audit_records", "erasures"}
"""Tables that keep rows with a person's random id after the erasure."""

LEFT_OUT = {("idempotent_answers", "sealed_body")}
"""Answers repeat what other tables show, and secrets that are shown once."""


Export = dict[str, dict[str, list[dict[str, Any]]]]
NOTHING_STORED = Storage(MemoryStore())


def export_person(session: Session, keys: PlatformKeys, principal: Principal) -> Export:
    out = io.BytesIO()
    write_export(out, session, Means(keys, NOTHING_STORED), principal, NOW)
    domains: Export = json.loads(out.getvalue())["domains"]
    return domains


def exported(factory: SessionFactory, keys: PlatformKeys, number: int = 0) -> tuple[Export, Principal]:
    with transaction(factory) as session:
        principal = Principal(known_person(session, keys, number).user_id)
    with transaction_for(factory, principal) as session:
        return export_person(session, keys, principal), principal


def test_every_personal_column_with_a_value_is_exported(session_factory: SessionFactory, keys: PlatformKeys) -> None:
    export, _ = exported(session_factory, keys)
    exported(session_factory, keys, 1)
    held = {table: rows for tables in export.values() for table, rows in tables.items()}
    declared = [
        column
        for each in gather_declarations().values()
        for column in each.personal_columns
        if column.about == "person" and column.table != "erasures"  # there is none yet
        if (column.table, column.column) not in LEFT_OUT
    ]
    with transaction(session_factory) as session:
        for column in declared:
            stored = text(f'SELECT count(*) FROM {column.table} WHERE "{column.column}" IS NOT NULL')
            assert session.scalar(stored), f"the person of the test has no {column.table}.{column.column}"
            values = [row.get(column.column) for row in held[column.table]]
            assert any(value is not None for value in values), f"{column.table}.{column.column} is not exported"
    assert len(declared) > 25


def test_sealed_values_are_shown_opened_and_secrets_are_not(
    session_factory: SessionFactory, keys: PlatformKeys
) -> None:
    export, principal = exported(session_factory, keys)
    identity = export["identity"]
    assert sorted(row["sealed"] for row in identity["user_contacts"]) == ["+923001000000", "ayesha.0@example.pk"]
    assert [row["name"] for row in identity["users"]] == [NAME]
    assert {"phone": "+923001000000"} in [row["after"] for row in export["audit"]["audit_records"]]
    assert "123456" not in str(export)
    assert "token_digest" not in str(export)
    assert str(principal.user_id) in str(export)


def test_record_of_what_another_person_did_shows_nothing_of_their_login(
    session_factory: SessionFactory, keys: PlatformKeys
) -> None:
    with transaction(session_factory) as session:
        subject = known_person(session, keys, 0).user_id
        other = Actor("person", str(uuid4()), uuid4(), uuid4(), device="d" * 32, address_class="203.0.113.0/24")
        mine = Actor("person", str(subject), subject, uuid4(), device="e" * 32, address_class="198.51.100.0/24")
        for actor in (other, mine):
            record(session, actor, Act("members.change", "user", str(subject), after={"role": "sales_agent"}))
    with transaction(session_factory) as session:
        export = export_person(session, keys, Principal(subject))
    rows = [row for row in export["audit"]["audit_records"] if row["action"] == "members.change"]
    shown = [(row["session_id"], row["device"], row["address_class"]) for row in rows]
    assert shown == [(None, None, None), (str(mine.session_id), mine.device, mine.address_class)]


def test_export_of_one_person_shows_nothing_of_another(session_factory: SessionFactory, keys: PlatformKeys) -> None:
    exported(session_factory, keys, 1)
    export, _ = exported(session_factory, keys)
    assert "0300 1000001" not in str(export)
    assert "+923001000001" not in str(export)
    assert "ayesha.1@" not in str(export)


def test_erasure_takes_away_what_the_export_shows(
    session_factory: SessionFactory, keys: PlatformKeys, storage: Storage
) -> None:
    export, principal = exported(session_factory, keys)
    assert principal.user_id is not None
    erase_person(partial(transaction, session_factory), storage, principal.user_id, "test", NOW)
    with transaction_for(session_factory, principal) as session:
        after = export_person(session, keys, principal)
        for domain, tables in after.items():
            for table, rows in tables.items():
                assert rows == [] or table in KEPT, f"{domain}.{table}"
                assert export[domain][table] or table in KEPT, f"nothing of {table} was there to erase"
        assert [row["after"] for row in after["audit"]["audit_records"] if row["after"]] != [
            row["after"] for row in export["audit"]["audit_records"] if row["after"]
        ]
        assert "+923001000000" not in str(after)
        assert session.scalar(text("SELECT count(*) FROM invitations WHERE invited_by IS NOT NULL")) == 0
