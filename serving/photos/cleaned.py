"""Read the variants with a clean background that stand beside photos."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, select, tuple_
from sqlalchemy.orm import Session

from core.db.tables.photo_backgrounds import PhotoBackground, PhotoChoice
from core.db.tables.photos import ListingPhoto
from serving.photos.views import VariantView, variant_views


def cleaned_variants(
    session: Session, org_id: UUID, photos: Sequence[ListingPhoto]
) -> dict[UUID, tuple[VariantView, ...]]:
    """Return them by photo; none where the organisation does not want them."""
    shown = [photo for photo in photos if photo.plates == "done"]
    if not shown:
        return {}
    keys = [(photo.content_id, photo.rendition) for photo in shown]
    wanted = exists().where(PhotoChoice.org_id == org_id, PhotoChoice.clean_backgrounds)
    query = select(PhotoBackground).where(
        wanted, tuple_(PhotoBackground.content_id, PhotoBackground.rendition).in_(keys), PhotoBackground.state == "done"
    )
    made: dict[tuple[UUID | None, str | None], tuple[VariantView, ...]] = {
        (row.content_id, row.rendition): variant_views(row.variants) for row in session.scalars(query)
    }
    return {photo.id: made.get((photo.content_id, photo.rendition), ()) for photo in shown}
