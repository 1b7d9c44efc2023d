"""Photos of feeds are copied once, carefully, and follow what the feed names."""

from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from core.db.tables import Listing
from core.platform import Platform
from pipelines.photos.contents import ContentStore
from pipelines.photos.copies.state import CopiesState, copies_state
from pipelines.photos.repository import PhotoRepository, photo_owner
from tests.factories import images
from tests.factories.listings import change_listing
from tests.factories.sites import Site, endless, page, with_etag
from tests.pipelines.photos.copies_of import NOW, add_car, addresses, copied, shown

ONE, TWO = images.jpeg_with_secrets(), images.jpeg(500, 400)
WEEK = timedelta(days=7, minutes=1)


class Killed(BaseException):
    """Nothing of ours catches it, as nothing runs on after a kill."""


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def digests(sessions: SessionFactory, car: UUID) -> list[str]:
    return [one for one, _ in shown(sessions, car)]


def test_photos_of_a_feed_are_copied_in_its_order(platform: Platform, site: Site) -> None:
    site.pages |= {"/1.jpg": page(ONE), "/2.jpg": page(TWO)}
    car = add_car(platform.sessions, f"{site.url}/2.jpg", f"{site.url}/1.jpg")
    report = copied(platform)
    assert (report.noted, report.copied, report.failed, report.linked) == (2, 2, 0, 1)
    assert digests(platform.sessions, car) == [digest(TWO), digest(ONE)]
    with platform.sessions() as session:
        assert session.get_one(Listing, car).photo_count == 2
    kept = [platform.storage.get(key) for key in platform.storage.keys("photos/")]
    assert len(kept) == 2 * 5
    assert [secret for secret in images.SECRETS for data in kept if secret in data] == []


def test_each_address_is_read_once_and_each_content_decoded_once(
    platform: Platform, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.pages |= {"/1.jpg": page(ONE), "/same.jpg": page(ONE)}
    first = add_car(platform.sessions, f"{site.url}/1.jpg")
    second = add_car(platform.sessions, f"{site.url}/1.jpg", f"{site.url}/same.jpg", org="clifton-cars")
    copied(platform)
    copied(platform)
    assert sorted(site.paths()) == ["/1.jpg", "/same.jpg"]
    assert digests(platform.sessions, first) == [digest(ONE)]
    assert digests(platform.sessions, second) == [digest(ONE)] * 2
    with platform.sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM photo_contents")) == 1


@pytest.mark.slow
def test_copied_photo_is_asked_for_again_with_its_validators(platform: Platform, site: Site) -> None:
    site.pages |= {
        "/1.jpg": with_etag('"v1"', ONE),
        "/2.jpg": page(TWO, Last_Modified="Tue, 01 Dec 2026 08:00:00 GMT"),
    }
    car = add_car(platform.sessions, f"{site.url}/1.jpg", f"{site.url}/2.jpg")
    copied(platform)
    assert copied(platform, timedelta(days=6)).unchanged == 0
    report = copied(platform, WEEK)
    assert (report.unchanged, report.copied) == (1, 1)
    asked = dict(site.asked[2:])
    assert asked["/1.jpg"]["if-none-match"] == '"v1"'
    assert asked["/2.jpg"]["if-modified-since"] == "Tue, 01 Dec 2026 08:00:00 GMT"
    assert digests(platform.sessions, car) == [digest(ONE), digest(TWO)]


@pytest.mark.slow
def test_photo_that_changed_at_its_address_is_shown_under_a_new_one(platform: Platform, site: Site) -> None:
    site.pages["/1.jpg"] = with_etag('"v1"', ONE)
    car = add_car(platform.sessions, f"{site.url}/1.jpg")
    copied(platform)
    with platform.sessions() as session:
        before = session.scalar(text("SELECT public_key FROM listing_photos"))
    site.pages["/1.jpg"] = with_etag('"v2"', TWO)
    copied(platform, WEEK)
    assert digests(platform.sessions, car) == [digest(TWO)]
    with platform.sessions() as session:
        assert session.scalar(text("SELECT public_key FROM listing_photos")) != before


@pytest.mark.slow
def test_temporary_failures_are_tried_again_and_others_are_not(platform: Platform, site: Site) -> None:
    site.pages |= {
        "/busy.jpg": page(b"", 503, Retry_After="1200"),
        "/gone.jpg": page(b"", 404),
        "/page.jpg": page(images.SVG),
        "/large.jpg": endless,
    }
    add_car(platform.sessions, *(f"{site.url}/{name}.jpg" for name in ("busy", "gone", "page", "large")))
    report = copied(platform)
    assert report.codes == {
        "http_status": 2, "unsupported_image_type": 1, "image_file_too_large": 1,
    }  # fmt: skip
    found = addresses(platform.sessions)
    assert {name: row.state for name, row in found.items()} == {
        "busy.jpg": "waiting", "gone.jpg": "failed", "page.jpg": "failed", "large.jpg": "failed",
    }  # fmt: skip
    site.asked.clear()
    copied(platform, timedelta(minutes=19))
    assert site.paths() == []  # as the server asked
    site.pages["/busy.jpg"] = page(ONE)
    assert copied(platform, timedelta(minutes=21)).copied == 1
    assert site.paths() == ["/busy.jpg"]


@pytest.mark.slow
def test_server_that_is_away_is_left_alone_for_an_hour(platform: Platform, site: Site) -> None:
    names = [f"/{number}.jpg" for number in range(12)]
    site.pages |= {name: page(b"", 500) for name in names}
    add_car(platform.sessions, *(site.url + name for name in names))
    report = copied(platform)
    assert report.failed + report.postponed == 12
    assert 3 <= report.failed <= 5
    assert len(site.asked) == report.failed
    site.pages |= {name: page(TWO) for name in names}
    assert copied(platform, timedelta(hours=1, minutes=1)).copied == 12


@pytest.mark.slow
def test_private_addresses_and_redirects_to_them_are_not_reached(platform: Platform, site: Site) -> None:
    port = site.url.rsplit(":", 1)[1]
    site.pages |= {
        "/there.jpg": page(b"", 302, Location=f"http://localhost:{port}/1.jpg"),
        "/meta.jpg": page(b"", 302, Location="http://169.254.169.254/latest/meta-data/"),
        "/file.jpg": page(b"", 302, Location="file:///etc/passwd"),
        "/loop.jpg": page(b"", 302, Location="/loop.jpg"),
        "/moved.jpg": page(b"", 301, Location="/1.jpg"),
        "/1.jpg": page(ONE),
    }
    car = add_car(
        platform.sessions, f"http://localhost:{port}/1.jpg", "http://10.0.0.1/1.jpg", "ftp://example.com/1.jpg",
        *(f"{site.url}/{name}.jpg" for name in ("there", "meta", "file", "loop", "moved")),
    )  # fmt: skip
    report = copied(platform)
    assert report.codes == {"address_not_allowed": 4, "scheme_not_allowed": 1, "redirect_not_allowed": 2}
    assert (report.copied, digests(platform.sessions, car)) == (1, [digest(ONE)])
    assert "/1.jpg" in site.paths()
    assert site.paths().count("/1.jpg") == 1
    assert {row.state for name, row in addresses(platform.sessions).items() if name != "moved.jpg"} == {"failed"}


@pytest.mark.slow
def test_photos_follow_the_feed_until_a_person_orders_them(platform: Platform, site: Site) -> None:
    site.pages |= {"/1.jpg": page(ONE), "/2.jpg": page(TWO), "/3.jpg": page(images.jpeg(640, 480))}
    one, two, three = (f"{site.url}/{number}.jpg" for number in (1, 2, 3))
    car = add_car(platform.sessions, one, two)
    copied(platform)
    deliver(platform.sessions, car, two, one)
    copied(platform)
    assert digests(platform.sessions, car) == [digest(ONE), digest(TWO)]  # nothing else changed: not looked at
    deliver(platform.sessions, car, three, two)
    copied(platform)
    assert digests(platform.sessions, car) == [digest(images.jpeg(640, 480)), digest(TWO)]
    with transaction(platform.sessions) as session:
        owner = photo_owner(session, car)
        assert owner is not None
        photos = PhotoRepository(session, owner)
        first, second = (photo for photo, _ in photos.all())
        photos.place([second, first], first.id, {first.id: "engine"})
    deliver(platform.sessions, car, one, three, two)
    copied(platform)
    assert shown(platform.sessions, car) == [
        (digest(TWO), False), (digest(images.jpeg(640, 480)), True), (digest(ONE), False),
    ]  # fmt: skip


def deliver(sessions: SessionFactory, car: UUID, *photos: str) -> None:
    with transaction(sessions) as session:
        change_listing(session, car, photos=list(photos))


@pytest.mark.slow
def test_photo_that_a_person_deleted_does_not_come_back(platform: Platform, site: Site) -> None:
    site.pages |= {"/1.jpg": page(ONE), "/2.jpg": page(TWO)}
    car = add_car(platform.sessions, f"{site.url}/1.jpg", f"{site.url}/2.jpg")
    copied(platform)
    with transaction(platform.sessions) as session:
        owner = photo_owner(session, car)
        assert owner is not None
        photos = PhotoRepository(session, owner)
        photos.remove(photos.all()[0][0])
    copied(platform)
    copied(platform, WEEK)
    assert digests(platform.sessions, car) == [digest(TWO)]
    with platform.sessions() as session:
        assert session.get_one(Listing, car).photo_count == 1


@pytest.mark.slow
def test_run_that_was_killed_goes_on_where_it_was(
    platform: Platform, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"/{number}.jpg" for number in range(6)]
    site.pages |= {name: page(images.jpeg(300 + 10 * at, 300)) for at, name in enumerate(names)}
    car = add_car(platform.sessions, *(site.url + name for name in names))
    prepare, calls = ContentStore.prepare, []

    def dies(self: ContentStore, *given: object) -> object:
        calls.append(given)
        if len(calls) == 3:
            raise Killed
        return prepare(self, *given)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(ContentStore, "prepare", dies)
        with pytest.raises(Killed):
            copied(platform)
    done = {name for name, row in addresses(platform.sessions).items() if row.state == "copied"}
    site.asked.clear()
    copied(platform)
    assert {path.removeprefix("/") for path in site.paths()} == {name.removeprefix("/") for name in names} - done
    assert len(digests(platform.sessions, car)) == 6


def test_copies_wait_for_their_plates_where_that_is_required(platform: Platform, site: Site) -> None:
    site.pages["/1.jpg"] = page(ONE)
    car = add_car(platform.sessions, f"{site.url}/1.jpg")
    copied(platform, photos_plate_step="required")
    with platform.sessions() as session:
        assert session.get_one(Listing, car).photo_count == 0
        assert session.scalar(text("SELECT plates FROM listing_photos")) == "pending"


def test_state_counts_addresses_and_those_that_are_late(platform: Platform, site: Site) -> None:
    site.pages["/1.jpg"] = page(ONE)
    add_car(platform.sessions, f"{site.url}/1.jpg", f"{site.url}/missing.jpg")
    copied(platform)
    for after, late in ((timedelta(days=7, hours=23), 0), (timedelta(days=8, minutes=1), 2)):
        with transaction(platform.sessions) as session:
            assert copies_state(session, NOW + after) == CopiesState(0, 1, 1, late)


def test_cars_that_are_not_live_are_not_looked_at(platform: Platform, site: Site) -> None:
    add_car(platform.sessions, f"{site.url}/1.jpg", status="withdrawn")
    assert copied(platform).noted == 0
