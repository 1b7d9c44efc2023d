"""Erase and export what people uploaded: uploads that wait, and papers of cars.

Papers of a private seller's car are the seller's own and go with the seller, object first. Those of a dealer's car
belong to the dealer, and lose the name of their uploader. A confirmed photo names no person, but for its upload, which
is deleted after a day.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, delete, select, update

from core.db.tables import Listing
from core.db.tables.identity import Org
from core.db.tables.photos import ListingDocument, PhotoUpload
from core.declarations import Eraser, Exporter
from core.personal_data.changed_rows import changed_rows
from core.personal_data.exported_rows import exported_rows
from core.personal_data.subject import Erasing, Exporting, Rows, Subject
from pipelines.photos.object_keys import document_key, upload_key

ERASED: Final = "person:erased"


def _uploader(subject: Subject) -> str:
    return f"person:{subject.user_id}"


def _erase_uploads(work: Erasing) -> int:
    mine = PhotoUpload.uploader == _uploader(work.subject)
    ids = work.session.scalars(select(PhotoUpload.id).where(mine).with_for_update()).all()
    for upload_id in ids:
        work.storage.delete(upload_key(upload_id))
    work.session.execute(delete(PhotoUpload).where(PhotoUpload.id.in_(ids)))
    return len(ids)


def _erase_documents(work: Erasing) -> int:
    private = select(Listing.id).join(Org, Org.id == Listing.org_id).where(Org.kind == "marketplace")
    mine = (ListingDocument.uploader == _uploader(work.subject), ListingDocument.listing_id.in_(private))
    ids = work.session.scalars(select(ListingDocument.id).where(*mine).with_for_update()).all()
    for document_id in ids:
        work.storage.delete(document_key(document_id))
    work.session.execute(delete(ListingDocument).where(ListingDocument.id.in_(ids)))
    return len(ids)


def _forget_uploader(work: Erasing) -> int:
    """Take the person's name off what stays; after `_erase_documents`, which finds its rows by it."""
    mine: ColumnElement[bool] = ListingDocument.uploader == _uploader(work.subject)
    return changed_rows(work, update(ListingDocument).where(mine).values(uploader=ERASED))


def _uploads(work: Exporting) -> Rows:
    return exported_rows(work, PhotoUpload, PhotoUpload.uploader == _uploader(work.subject))


def _documents(work: Exporting) -> Rows:
    return exported_rows(work, ListingDocument, ListingDocument.uploader == _uploader(work.subject))


ERASERS: Final = (
    Eraser("uploads", _erase_uploads),
    Eraser("documents of private cars", _erase_documents),
    Eraser("names of uploaders", _forget_uploader),
)
EXPORTERS: Final = (Exporter("photo_uploads", _uploads), Exporter("listing_documents", _documents))
