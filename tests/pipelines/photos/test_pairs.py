"""Photos are recognised wherever they turn up again, by version, and pictures that everybody uses accuse nobody."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from uuid import UUID

import pytest
from PIL import Image, ImageEnhance
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.db.session import transaction
from core.db.tables.photo_pairs import PhotoDescription, PhotoPair, PhotoSighting
from core.identity.orgs import get_org
from core.platform import Platform
from pipelines.photos.judging.judge import JudgingParts
from pipelines.photos.judging.listing_scores import score_due
from pipelines.photos.judging.worker import JudgingChild
from pipelines.photos.pairs import pairs as pairing
from pipelines.photos.pairs.compare import compare_due
from pipelines.photos.pairs.report import photo_copies
from samples.photos.draw import Spec, draw_photo
from tests.factories import images
from tests.factories.photos import remove_photo
from tests.pipelines.photos.copies_of import add_car
from tests.pipelines.photos.test_judging import Interrupted, add_photo, judged


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JudgingChild]:
    with JudgingChild(tmp_path_factory.mktemp("no-model") / "cars.tflite") as made:
        yield made


PHOTO = Image.fromarray(draw_photo(Spec(view="front", car=3, bay=5), 11, (800, 600)).pixels)


def original() -> bytes:
    return images.saved(PHOTO, "JPEG", quality=92)


def copy(number: int = 0) -> bytes:
    """A copy of the photo: mirrored, lit otherwise, smaller, saved again."""
    edited = ImageEnhance.Brightness(PHOTO.transpose(Image.Transpose.FLIP_LEFT_RIGHT)).enhance(1.1)
    return images.saved(edited.resize((640 + number, 480 + number)), "JPEG", quality=75)


def compared(platform: Platform, child: JudgingChild) -> int:
    def transactions() -> AbstractContextManager[Session]:
        return transaction(platform.sessions)

    judged(platform, child)
    return compare_due(JudgingParts(transactions, platform.storage, platform.settings.spool_dir, child), 20)


def pairs(platform: Platform) -> list[PhotoPair]:
    with platform.sessions() as session:
        return list(session.scalars(select(PhotoPair)))


def test_copy_on_another_listing_is_paired_with_evidence_and_told_of_once(
    platform: Platform, child: JudgingChild
) -> None:
    first = add_photo(platform, add_car(platform.sessions), original())
    assert compared(platform, child) == 1
    second = add_photo(platform, add_car(platform.sessions), copy())
    assert compared(platform, child) == 1
    [pair] = pairs(platform)
    assert {pair.a, pair.b} == {first.content_id, second.content_id}
    assert (pair.kind, pair.mirrored, pair.inliers >= 20) == ("same_photo", True, True)
    with transaction(platform.sessions) as session:
        told = session.execute(text("SELECT subject_id FROM outbox_events WHERE kind = 'matched'")).scalars().all()
        assert told == [second.id]
        session.execute(text("UPDATE photo_descriptions SET compared_at = NULL, tries = 0, tried_at = NULL"))
    assert compared(platform, child) == 2
    assert len(pairs(platform)) == 1


def test_descriptions_of_another_version_are_never_compared(platform: Platform, child: JudgingChild) -> None:
    add_photo(platform, add_car(platform.sessions), original())
    compared(platform, child)
    with transaction(platform.sessions) as session:
        session.execute(text("UPDATE photo_descriptions SET version = 'older'"))
    add_photo(platform, add_car(platform.sessions), copy())
    assert compared(platform, child) == 1
    assert pairs(platform) == []


def test_deleted_photo_takes_hashes_features_and_pairs_along(platform: Platform, child: JudgingChild) -> None:
    first = add_photo(platform, add_car(platform.sessions), original())
    second = add_photo(platform, add_car(platform.sessions), copy())
    compared(platform, child)
    assert len(pairs(platform)) == 1
    remove_photo(platform, second)
    with platform.sessions() as session:
        left = {session.scalar(text(f"SELECT count(DISTINCT content_id) FROM {table}")) for table in (
            "photo_descriptions", "photo_tokens", "photo_sightings")}  # fmt: skip
    assert (left, pairs(platform)) == ({1}, [])
    assert not list(platform.storage.keys(f"photos/{second.content_id}/"))
    assert [key for key in platform.storage.keys(f"photos/{first.content_id}/") if "features" in key]


def test_photo_deleted_while_it_is_compared_leaves_no_pair(platform: Platform, child: JudgingChild) -> None:
    add_photo(platform, add_car(platform.sessions), original())
    compared(platform, child)
    second = add_photo(platform, add_car(platform.sessions), copy())
    judged(platform, child)
    interrupted = Interrupted(child, lambda: remove_photo(platform, second))
    assert compared(platform, interrupted) == 1
    assert pairs(platform) == []
    with platform.sessions() as session:
        assert session.scalar(select(PhotoDescription).filter_by(content_id=second.content_id)) is None


def test_picture_that_very_many_use_accuses_nobody(
    platform: Platform, child: JudgingChild, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairing, "CROWD", 3)
    for number in range(6):
        add_photo(platform, add_car(platform.sessions), copy(number))
        compared(platform, child)
        assert len(pairs(platform)) <= 3
    assert pairs(platform) == []
    with platform.sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM photo_descriptions WHERE crowd")) == 6
        kept = session.scalar(text("SELECT count(DISTINCT content_id) FROM photo_tokens"))
    assert kept == 4, "those that came later are found by the first ones, and kept as nothing"


def test_token_that_very_many_share_names_no_candidates_in_bounded_time(
    platform: Platform, child: JudgingChild
) -> None:
    first = add_photo(platform, add_car(platform.sessions), original())
    judged(platform, child)
    with transaction(platform.sessions) as session:
        session.execute(
            text("""
WITH made AS (INSERT INTO photo_contents (digest, version, touched_at, made_at)
  SELECT convert_to('placeholder ' || n, 'UTF8'), 1, now(), now() FROM generate_series(1, 10000) n RETURNING id),
described AS (INSERT INTO photo_descriptions (content_id, version, usable, described_at, compared_at)
  SELECT id, (SELECT version FROM photo_descriptions), true, now(), now() FROM made RETURNING content_id)
INSERT INTO photo_tokens (version, token, content_id)
SELECT t.version, t.token, d.content_id FROM described d, (SELECT * FROM photo_tokens ORDER BY token LIMIT 3) t
""")
        )
        session.execute(text("UPDATE photo_tokens SET token = token WHERE content_id = :id"), {"id": first.content_id})
    with transaction(platform.sessions) as session:
        session.execute(text("SET LOCAL statement_timeout = '2s'"))
        assert compared(platform, child) == 1
    assert pairs(platform) == []


def test_seller_who_saves_a_photo_anew_keeps_the_time_it_was_first_seen(
    platform: Platform, child: JudgingChild
) -> None:
    car = add_car(platform.sessions)
    first = add_photo(platform, car, original())
    with transaction(platform.sessions) as session:
        session.execute(text("UPDATE photo_sightings SET first_seen_at = now() - interval '30 days'"))
    second = add_photo(platform, car, copy())
    compared(platform, child)
    with platform.sessions() as session:
        seen = {row.content_id: row.first_seen_at for row in session.scalars(select(PhotoSighting))}
    assert seen[second.content_id] == seen[first.content_id]  # type: ignore[index]


def test_photo_shown_twice_by_a_listing_costs_it_points(platform: Platform, child: JudgingChild) -> None:
    car = add_car(platform.sessions)
    add_photo(platform, car, original())
    add_photo(platform, car, copy())
    compared(platform, child)
    score_due(lambda: transaction(platform.sessions), 10)
    with platform.sessions() as session:
        codes = session.scalar(text("SELECT codes FROM listing_media_scores"))
    assert "repeated" in codes


def reported(platform: Platform, org: str, *, first: bool = True) -> set[tuple[UUID, UUID, str]]:
    with platform.sessions() as session:
        found = photo_copies(session, get_org(session, org).id, first=first)
    return {(each.photo_id, each.other_photo_id, each.kind) for each in found}


def test_report_names_who_was_seen_first_and_leaves_out_own_branches_and_cars_sold_on(
    platform: Platform, child: JudgingChild
) -> None:
    car = add_car(platform.sessions)
    mine = add_photo(platform, car, original(), plates="waived")
    add_photo(platform, add_car(platform.sessions), original(), plates="waived")  # of the same dealer
    thief, honest = (add_car(platform.sessions, org=org) for org in ("ravi-cars", "indus-autos"))
    taken = add_photo(platform, thief, copy(), plates="waived")
    same = add_photo(platform, honest, original(), plates="waived")
    compared(platform, child)
    assert reported(platform, "khan-motors", first=False) == set()
    assert {(mine.id, taken.id, "same_photo"), (mine.id, same.id, "same_file")} <= reported(platform, "khan-motors")
    assert (taken.id, mine.id, "same_photo") in reported(platform, "ravi-cars", first=False)
    with transaction(platform.sessions) as session:  # the car was sold before the others showed it
        gone = "UPDATE listings SET status = 'sold', removed_at = now() - interval '1 day' WHERE org_id = :org"
        session.execute(text(gone), {"org": get_org(session, "khan-motors").id})
        session.execute(
            text("UPDATE photo_sightings SET first_seen_at = now() - interval '9 days' WHERE listing_id = :car"),
            {"car": car},
        )
    assert not {pair for pair in reported(platform, "khan-motors") if pair[0] == mine.id}
    with transaction(platform.sessions) as session:  # another car is no car that was sold on
        session.execute(text("UPDATE listings SET model_year = 1999 WHERE id = :car"), {"car": thief})
    assert (mine.id, taken.id, "same_photo") in reported(platform, "khan-motors")


def test_placeholder_that_many_dealers_show_accuses_nobody(platform: Platform, child: JudgingChild) -> None:
    plain = images.saved(Image.new("RGB", (640, 480), (230, 230, 230)), "JPEG")
    for org in ("khan-motors", "ravi-cars"):
        add_photo(platform, add_car(platform.sessions, org=org), plain, plates="waived")
    compared(platform, child)
    assert (reported(platform, "khan-motors"), pairs(platform)) == (set(), [])
