"""A sweep deletes unused uploads after a day and unshown contents after an hour, and nothing else."""

import os
import threading
import time
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from core.clock import utc_now
from core.db.session import transaction
from core.db.tables.photos import ListingPhoto, PhotoUpload
from core.platform import Platform
from core.work.worker import Worker
from pipelines.photos.contents import ContentGoneError, ContentStore, finish_content
from pipelines.photos.loops import SWEEP
from pipelines.photos.object_keys import upload_key
from pipelines.photos.repository import PhotoRepository, photo_owner
from pipelines.photos.sweeping import SweepResult, mark_unshown, sweep
from tests.factories import images
from tests.pipelines.photos.copies_of import add_car

NOW = utc_now()


def swept(platform: Platform, after: timedelta) -> SweepResult:
    with transaction(platform.sessions) as session:
        mark_unshown(session, NOW + after)
    with transaction(platform.sessions) as session:
        return sweep(session, platform.storage, NOW + after)


def add_upload(platform: Platform, listing_id: UUID, age: timedelta) -> UUID:
    with transaction(platform.sessions) as session:
        upload = PhotoUpload(
            purpose="photo", listing_id=listing_id, uploader="person:1", kind="other", created_at=NOW - age,
            expires_at=NOW - age + timedelta(minutes=15),
        )  # fmt: skip
        session.add(upload)
        session.flush()
        platform.storage.put(upload_key(upload.id), b"bytes")
        return upload.id


def add_shown(platform: Platform, listing_id: UUID, data: bytes) -> UUID:
    """A photo of the listing, and the id of its content."""
    store = ContentStore(platform.sessions, platform.storage, platform.settings.spool_dir)
    prepared = store.prepare(data, NOW)
    with transaction(platform.sessions) as session:
        owner = photo_owner(session, listing_id)
        assert owner is not None
        content = finish_content(session, prepared, NOW)
        PhotoRepository(session, owner).add(ListingPhoto(origin="upload", slot="front", plates="waived"), content)
    return prepared.id


def test_uploads_are_deleted_after_a_day_with_their_objects(platform: Platform) -> None:
    car = add_car(platform.sessions)
    old, young = add_upload(platform, car, timedelta(hours=25)), add_upload(platform, car, timedelta(hours=23))
    assert swept(platform, timedelta(0)).uploads == 1
    assert not platform.storage.exists(upload_key(old))
    assert platform.storage.exists(upload_key(young))
    assert swept(platform, timedelta(hours=2)).uploads == 1
    assert list(platform.storage.keys("uploads/")) == []


def test_object_written_to_a_confirmed_address_goes_after_a_day(platform: Platform) -> None:
    car = add_car(platform.sessions)
    upload = add_upload(platform, car, timedelta(hours=1))
    with transaction(platform.sessions) as session:
        session.get_one(PhotoUpload, upload).confirmed_at = NOW
    platform.storage.put(upload_key(upload), b"written after the confirmation")
    swept(platform, timedelta(hours=24))
    assert list(platform.storage.keys("uploads/")) == []


def test_content_goes_an_hour_after_its_last_photo(platform: Platform) -> None:
    car = add_car(platform.sessions)
    kept, gone = add_shown(platform, car, images.jpeg()), add_shown(platform, car, images.jpeg(500, 400))
    with transaction(platform.sessions) as session:
        owner = photo_owner(session, car)
        assert owner is not None
        photos = PhotoRepository(session, owner)
        photos.remove(next(photo for photo, content in photos.all() if content.id == gone))
    assert swept(platform, timedelta(minutes=59)).contents == 0
    assert swept(platform, timedelta(minutes=61)).contents == 1
    assert {key.split("/")[1] for key in platform.storage.keys("photos/")} == {str(kept)}


def test_content_whose_writer_was_killed_goes_too(platform: Platform) -> None:
    store = ContentStore(platform.sessions, platform.storage, platform.settings.spool_dir)
    store.prepare(images.jpeg(), NOW)  # and nothing finishes it
    assert len(list(platform.storage.keys("photos/"))) == 5
    assert swept(platform, timedelta(minutes=61)).contents == 1
    assert list(platform.storage.keys("photos/")) == []


def test_content_is_made_anew_after_it_was_marked(platform: Platform) -> None:
    car = add_car(platform.sessions)
    store = ContentStore(platform.sessions, platform.storage, platform.settings.spool_dir)
    first = store.prepare(images.jpeg(), NOW)
    with transaction(platform.sessions) as session:
        finish_content(session, first, NOW)
    with transaction(platform.sessions) as session:
        mark_unshown(session, NOW + timedelta(minutes=61))
    with transaction(platform.sessions) as session, pytest.raises(ContentGoneError):
        finish_content(session, replace(first, developed=None), NOW)
    again = add_shown(platform, car, images.jpeg())
    assert again == first.id
    assert swept(platform, timedelta(minutes=30)).contents == 0
    assert len(list(platform.storage.keys("photos/"))) == 5


def test_sweep_that_is_cut_off_is_only_repeated(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    car = add_car(platform.sessions)
    for number in range(3):
        add_upload(platform, car, timedelta(hours=25 + number))
    delete, calls = platform.storage.delete, []

    def dies(key: str) -> None:
        calls.append(key)
        if len(calls) == 2:
            raise OSError("gone")
        delete(key)

    with monkeypatch.context() as patched:
        patched.setattr(platform.storage, "delete", dies)
        with pytest.raises(OSError, match="gone"):
            swept(platform, timedelta(0))
    assert swept(platform, timedelta(0)).uploads == 3
    assert list(platform.storage.keys("uploads/")) == []


def test_loop_sweeps_without_being_asked(platform: Platform) -> None:
    car = add_car(platform.sessions)
    add_upload(platform, car, timedelta(hours=25))
    left = platform.settings.spool_dir / "photo-left"
    left.mkdir(parents=True)
    os.utime(left, (time.time() - 7_200,) * 2)
    stop = threading.Event()
    thread = threading.Thread(target=Worker(platform, [SWEEP], stop).run)
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and (list(platform.storage.keys("uploads/")) or left.exists()):
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join(30)
    assert list(platform.storage.keys("uploads/")) == []
    assert not left.exists()
    with platform.sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM photo_uploads")) == 0
