"""Papers and uploads of an erased person: the seller's own go with their objects, a dealer's stay and name nobody."""

from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.session import SessionFactory, transaction
from core.db.tables.people import User
from core.db.tables.photos import ListingDocument, PhotoUpload
from core.storage import Storage
from pipelines.photos.object_keys import document_key, upload_key
from serving.personal_data.erasing import erase_person
from tests.factories.listings import add_listing
from tests.factories.personal_data import NOW


def paper(session: Session, storage: Storage, car: UUID, person: UUID) -> UUID:
    row = ListingDocument(
        listing_id=car, uploader=f"person:{person}", kind="registration_book", digest=b"", width=1, height=1
    )
    session.add(row)
    session.flush()
    storage.put(document_key(row.id), b"picture")
    return row.id


@pytest.mark.parametrize(("org", "stays"), [("classifieds", False), ("khan-motors", True)])
def test_papers_go_with_a_private_seller_and_stay_with_a_dealer(
    session_factory: SessionFactory, storage: Storage, org: str, stays: bool
) -> None:
    with transaction(session_factory) as session:
        person, other = User(), User()
        session.add_all([person, other])
        session.flush()
        car = add_listing(session, org=org)
        mine, others = paper(session, storage, car, person.id), paper(session, storage, car, other.id)
    result = erase_person(partial(transaction, session_factory), storage, person.id, "test", NOW)
    with transaction(session_factory) as session:
        left = {row.id: row.uploader for row in session.scalars(select(ListingDocument))}
    kept = {mine: "person:erased"} if stays else {}
    assert left == {others: f"person:{other.id}"} | kept
    assert (storage.exists(document_key(mine)), storage.exists(document_key(others))) == (stays, True)
    assert result.counts["photos"]["documents of private cars"] == (not stays)
    assert result.counts["photos"]["names of uploaders"] == stays


def test_upload_that_waits_goes_with_its_object(session_factory: SessionFactory, storage: Storage) -> None:
    with transaction(session_factory) as session:
        person = User()
        session.add(person)
        session.flush()
        upload = PhotoUpload(
            purpose="photo",
            listing_id=add_listing(session),
            uploader=f"person:{person.id}",
            kind="other",
            expires_at=NOW,
        )
        session.add(upload)
        session.flush()
        storage.put(upload_key(upload.id), b"picture")
    erase_person(partial(transaction, session_factory), storage, person.id, "test", NOW)
    with transaction(session_factory) as session:
        assert session.scalars(select(PhotoUpload)).all() == []
    assert not storage.exists(upload_key(upload.id))
