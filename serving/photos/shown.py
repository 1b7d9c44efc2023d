"""The photos that answers about listings show, as one more column of the statement that reads the listings."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select

from core.access.audience import Audience
from core.access.visible_to import visible_to
from core.db.tables import Listing
from core.db.tables.photos import ListingPhoto, PhotoContent
from pipelines.photos.repository import SHOWN
from serving.photos.views import PhotoView, variant_views


def shown_photos(most: int | None) -> ColumnElement[Any]:
    """Return a column with the photos of the statement's listing that others may see, in order, as JSON.

    The cover is the one that was chosen, else the first; with `most` it comes first. Whoever asks must see the listing.
    """
    photos = (
        select(
            ListingPhoto.id, ListingPhoto.public_key, ListingPhoto.slot, ListingPhoto.is_cover, ListingPhoto.plates,
            ListingPhoto.origin, ListingPhoto.position, PhotoContent.variants,
        )
        .join(PhotoContent, PhotoContent.id == ListingPhoto.content_id)
        .where(ListingPhoto.listing_id == Listing.id, ListingPhoto.plates.in_(SHOWN))
        .order_by(*(() if most is None else (ListingPhoto.is_cover.desc(),)), ListingPhoto.position, ListingPhoto.id)
        .limit(most)
        .correlate(Listing)
        .lateral("shown")
    )  # fmt: skip
    columns = photos.c
    as_json = func.jsonb_build_array(
        columns.id, columns.public_key, columns.slot, columns.is_cover, visible_to(Audience.anonymous()),
        columns.plates, columns.origin, columns.variants,
    )  # fmt: skip
    listed = select(func.jsonb_agg(as_json)).select_from(photos).correlate(Listing)
    column: ColumnElement[Any] = case((Listing.photo_count > 0, listed.scalar_subquery()), else_=None)
    return column


def photo_views(rows: list[list[Any]] | None) -> list[PhotoView]:
    """Make the views of what `shown_photos` read. One of them is the cover."""
    chosen = any(row[3] for row in rows or ())
    return [_view(row, is_cover=row[3] or (not chosen and not number)) for number, row in enumerate(rows or ())]


def _view(row: list[Any], *, is_cover: bool) -> PhotoView:
    photo_id, public_key, slot, _, is_open, plates, origin, variants = row
    return PhotoView(UUID(photo_id), public_key, slot, is_cover, is_open, plates, origin, variant_views(variants))
