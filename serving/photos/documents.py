"""Documents of listings: their owner and moderators see them, and each look is in the audit trail."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access.permissions import Permission
from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables.photos import ListingDocument
from core.storage import ObjectNotFoundError, Storage
from pipelines.photos.object_keys import document_key
from serving.photos.access import find_owned
from serving.photos.declarations import MANAGE_DOCUMENTS, READ_DOCUMENTS
from serving.photos.errors import DocumentNotFoundError
from serving.photos.views import DocumentView


def listing_documents(session: Session, principal: Principal, listing_id: UUID) -> list[DocumentView]:
    """Return the documents of a listing, the oldest first.

    Raises:
        ForbiddenError, ListingNotFoundError: see `find_owned`.
    """
    find_owned(session, principal, listing_id, READ_DOCUMENTS)
    query = select(ListingDocument).filter_by(listing_id=listing_id, deleted_at=None).order_by(ListingDocument.id)
    return [_view(row) for row in session.scalars(query)]


def find_document(
    session: Session, principal: Principal, listing_id: UUID, document_id: UUID, permission: Permission = READ_DOCUMENTS
) -> DocumentView:
    """Return one document.

    Raises:
        ForbiddenError, ListingNotFoundError, DocumentNotFoundError: as they say.
    """
    find_owned(session, principal, listing_id, permission)
    return _view(_row(session, listing_id, document_id))


def open_document(session: Session, principal: Principal, listing_id: UUID, document_id: UUID) -> UUID:
    """Note in the audit trail that the caller looks at a document, and return its id.

    Raises:
        ForbiddenError, ListingNotFoundError, DocumentNotFoundError: as they say.
    """
    owner = find_owned(session, principal, listing_id, READ_DOCUMENTS)
    row = _row(session, listing_id, document_id)
    record(session, Actor.of(principal), Act("documents.read", "document", str(row.id), owner.org_id))
    return row.id


def read_document(storage: Storage, document_id: UUID) -> bytes:
    """Read the picture of a document.

    Raises:
        DocumentNotFoundError: it has just been deleted.
    """
    try:
        return storage.get(document_key(document_id))
    except ObjectNotFoundError:
        raise DocumentNotFoundError(document_id) from None


def delete_document(session: Session, principal: Principal, listing_id: UUID, document_id: UUID) -> None:
    """Delete a document: nobody sees it from the commit on, and its object goes with the next sweep.

    Raises:
        ForbiddenError, ListingNotFoundError, DocumentNotFoundError: as they say.
    """
    owner = find_owned(session, principal, listing_id, MANAGE_DOCUMENTS)
    row = _row(session, listing_id, document_id)
    row.deleted_at = func.now()
    session.flush()
    record(session, Actor.of(principal), Act("documents.delete", "document", str(row.id), owner.org_id))


def _row(session: Session, listing_id: UUID, document_id: UUID) -> ListingDocument:
    query = select(ListingDocument).filter_by(id=document_id, listing_id=listing_id, deleted_at=None)
    row = session.scalars(query).first()
    if row is None:
        raise DocumentNotFoundError(document_id)
    return row


def _view(row: ListingDocument) -> DocumentView:
    return DocumentView(row.id, row.kind, row.width, row.height, row.created_at)
