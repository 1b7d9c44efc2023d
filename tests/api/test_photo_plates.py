"""A photo with a plate is served after the verdict alone, with covered pixels, and never as the original."""

import io
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pytest
from PIL import Image
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.db.tables.photos import ListingPhoto
from core.platform import Platform
from core.search import SearchEngine
from core.settings import Settings
from core.storage import open_storage
from core.work.worker import Worker
from models.plates.recogniser import TextRecogniser
from pipelines.photos.judging.judge import JudgingParts, judge_batch
from pipelines.photos.judging.verdicts import decide_due
from pipelines.photos.judging.worker import JudgingChild
from pipelines.photos.loops import JUDGE
from pipelines.search.sync import sync_index
from tests.api.conftest import Add, code_of
from tests.api.people import People, Person
from tests.api.photo_uploads import add_photo, urls
from tests.api.test_photo_limits import server_with
from tests.factories import images
from tests.factories.plates import CANARY, plate_picture

OWN = "khan-motors"


@pytest.fixture
def agent(people: People) -> Person:
    return people.person((OWN, Role.SALES_AGENT))


@pytest.fixture
def car(client: httpx.Client, add: Add) -> UUID:
    return add(org=OWN)


@pytest.fixture
def plated(api_settings: Settings, client: httpx.Client) -> Iterator[httpx.Client]:
    del client  # empties the database and the index
    with server_with(api_settings, photos_plate_step="required") as made:
        yield made


def judge_all(settings: Settings, sessions: SessionFactory) -> None:
    def transactions() -> AbstractContextManager[Session]:
        return transaction(sessions)

    with JudgingChild(settings.spool_dir / "no-model") as child:
        judge_batch(JudgingParts(transactions, open_storage(settings), settings.spool_dir, child), 10)
    decide_due(transactions, 10, required=True)


def read_in(data: bytes) -> str:
    """Return the texts that the recogniser reads in the area of the plate: as is, sharpened, and deconvolved."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    scale = picture.width / 960
    area = picture.crop((round(350 * scale), round(390 * scale), round(610 * scale), round(470 * scale)))
    pixels = np.asarray(area.resize((520, 160), Image.Resampling.LANCZOS))
    blurred = np.asarray(area.resize((520, 160)).reduce(4).resize((520, 160)))
    sharpened = np.clip(pixels.astype(np.int16) * 3 - 2 * blurred.astype(np.int16), 0, 255).astype(np.uint8)
    spectrum = np.fft.fft2(pixels.astype(float), axes=(0, 1))
    kernel = np.fft.fft2(np.pad(np.full((9, 9), 1 / 81), ((0, 151), (0, 511))))[:, :, None]
    restored = np.fft.ifft2(spectrum * kernel.conj() / (abs(kernel) ** 2 + 0.01), axes=(0, 1)).real
    recogniser = TextRecogniser()
    tried = (pixels, sharpened, np.clip(restored, 0, 255).astype(np.uint8))
    return "|".join(recogniser.read(each) for each in tried)


@pytest.mark.slow
def test_nobody_is_served_a_plate_and_its_owner_no_original(
    plated: httpx.Client, agent: Person, car: UUID, api_settings: Settings, session_factory: SessionFactory
) -> None:
    photo = add_photo(plated, agent, car, images.saved(plate_picture()[0], "PNG")).json()
    waiting = urls(photo)
    assert {plated.get(url.split("?")[0]).status_code for url in waiting} == {404}
    assert CANARY in read_in(plated.get(waiting[2]).content)  # its owner's look; the recogniser would see a plate
    judge_all(api_settings, session_factory)
    assert {plated.get(url).status_code for url in waiting} == {404}  # signed, and of the time before the verdict
    shown = plated.get(f"/v1/listings/{car}").json()["photos"][0]
    for url in urls(shown):
        answer = plated.get(url)
        assert answer.status_code == 200
        assert CANARY[:4] not in read_in(answer.content), url
    own = plated.get(f"/v1/listings/{car}/photos", headers=agent.headers).json()["photos"][0]
    assert (own["plates"], urls(own)) == ("done", urls(shown))


@pytest.mark.slow
def test_original_has_no_address(
    plated: httpx.Client, agent: Person, car: UUID, api_settings: Settings, session_factory: SessionFactory
) -> None:
    photo = add_photo(plated, agent, car, images.saved(plate_picture()[0], "PNG")).json()
    judge_all(api_settings, session_factory)
    storage = open_storage(api_settings)
    with transaction(session_factory) as session:
        stored = session.get_one(ListingPhoto, UUID(photo["photo_id"]))
        content_id, rendition = str(stored.content_id), stored.rendition
    original_key = f"photos/{content_id}/original.jpg"
    original = storage.get(original_key)
    shown = urls(plated.get(f"/v1/listings/{car}").json()["photos"][0])[0]
    key, name = shown.rsplit("/", 1)[1].split("-", 1)
    signed = urls(photo)[0].split("?")[1]
    endings = (
        "original.jpg",
        "4096.jpg",
        "1600.png",
        f"{rendition}/{name}",
        f"../{content_id}/original.jpg",
        "original",
        "%2e%2e%2foriginal.jpg",
        "",
    )
    paths = [f"/v1/photos/{key}-{end}" for end in endings]
    paths += [
        f"/v1/photos/{one}"
        for one in (content_id, f"{content_id}/original.jpg", f"{content_id}-800.webp", photo["photo_id"], key)
    ]
    paths += [
        f"/{original_key}",
        f"/v1/{original_key}",
        f"/v1/photo-uploads/{photo['photo_id']}",
        f"/v1/listings/{car}/documents/{photo['photo_id']}",
    ]
    for path in paths:
        for query in ("", f"?{signed}"):
            for headers in ({}, agent.headers):
                answer = plated.send(plated.build_request("GET", path + query, headers=headers))
                assert answer.status_code in (401, 403, 404, 405, 422), (path, answer.status_code)
                assert original[:64] not in answer.content


def of_mine(client: httpx.Client, agent: Person, car: UUID) -> dict[str, Any]:
    photo: dict[str, Any] = client.get(f"/v1/listings/{car}/photos", headers=agent.headers).json()["photos"][0]
    return photo


@pytest.mark.slow
def test_appeals_and_areas_change_one_listings_photo_alone(
    plated: httpx.Client, agent: Person, car: UUID, add: Add, people: People, api_settings: Settings,
    session_factory: SessionFactory,
) -> None:  # fmt: skip
    data, other = images.saved(plate_picture()[0], "PNG"), add(org=OWN)
    mine, theirs = (add_photo(plated, agent, each, data).json() for each in (car, other))
    path = f"/v1/listings/{car}/photos/{mine['photo_id']}"
    appeal = {"kind": "unblur"}
    assert code_of(plated.post(f"{path}/appeal", json=appeal, headers=agent.headers)) == (409, "photo_not_covered")
    judge_all(api_settings, session_factory)
    covered, same = of_mine(plated, agent, car), of_mine(plated, agent, other)
    judged = covered["judgement"]
    assert (judged["state"], judged["width"], judged["height"], judged["notes"]) == ("done", 960, 720, ["car_gate_off"])
    assert (len(judged["plates"]), 0 <= judged["score"] <= 100) == (1, True)
    strangers = plated.get(f"/v1/listings/{car}/photos").json()
    assert (strangers["judgement"], strangers["photos"][0]["judgement"]) == (None, None)

    moderator = people.person(("automart", Role.MODERATOR))
    decision = {"decision": "grant"}
    assert plated.post(f"{path}/appeal/decision", json=decision, headers=agent.headers).status_code == 403
    assert code_of(plated.post(f"{path}/appeal/decision", json=decision, headers=moderator.headers)) == (
        409, "photo_appeal_not_open",
    )  # fmt: skip
    assert plated.post(f"{path}/appeal", json=appeal, headers=agent.headers).status_code == 201
    assert code_of(plated.post(f"{path}/appeal", json=appeal, headers=agent.headers)) == (409, "photo_appeal_open")
    assert of_mine(plated, agent, car)["judgement"]["appeal"] == "unblur"
    granted = plated.post(f"{path}/appeal/decision", json=decision, headers=moderator.headers)
    assert granted.json()["state"] == "granted"
    judge_all(api_settings, session_factory)
    clear = of_mine(plated, agent, car)
    assert CANARY in read_in(plated.get(urls(clear)[2]).content)
    assert {plated.get(url).status_code for url in urls(covered)} == {404}
    assert urls(of_mine(plated, agent, other)) == urls(same)  # the same bytes, another listing
    assert theirs["photo_id"] != mine["photo_id"]

    outside = {"boxes": [[0, 0, 961, 90]]}
    assert code_of(plated.post(f"{path}/boxes", json=outside, headers=agent.headers)) == (422, "box_outside_photo")
    drawn = {"boxes": [[350, 390, 610, 470]]}
    assert plated.post(f"{path}/boxes", json=drawn, headers=agent.headers).status_code == 204
    assert of_mine(plated, agent, car)["plates"] == "pending"
    assert {plated.get(url).status_code for url in urls(clear)} == {404}
    judge_all(api_settings, session_factory)
    after = of_mine(plated, agent, car)
    assert (after["plates"], after["judgement"]["drawn"]) == ("done", drawn["boxes"])
    assert CANARY[:4] not in read_in(plated.get(urls(after)[2]).content)

    missed = {"kind": "missed_plate"}
    assert plated.post(f"{path}/appeal", json=missed, headers=agent.headers).status_code == 201
    assert plated.post(f"{path}/appeal/decision", json=decision, headers=moderator.headers).status_code == 200
    assert of_mine(plated, agent, car)["plates"] == "pending"  # until somebody draws where it is


@pytest.mark.slow
def test_upload_becomes_a_score_in_the_search_an_event_and_a_record(
    plated: httpx.Client, agent: Person, car: UUID, api_settings: Settings, session_factory: SessionFactory,
    index: SearchEngine,
) -> None:  # fmt: skip
    slots = ("front", "rear", "left", "right", "interior")
    for number, slot in enumerate(slots):
        data = images.saved(draw_car(number), "JPEG", quality=92)
        assert add_photo(plated, agent, car, data, slot=slot).status_code == 200
    platform = Platform(api_settings.model_copy(update={"photos_plate_step": "required"}), session_factory,
                        open_storage(api_settings))  # fmt: skip
    with working(platform):
        deadline = time.monotonic() + 60
        while not shown_score(plated, car):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    with transaction(session_factory) as session:
        sync_index(session, index)
        kinds = session.execute(text("SELECT kind, count(*) FROM outbox_events WHERE topic = 'photo' GROUP BY 1")).all()
        acts = session.scalar(text("SELECT count(*) FROM audit_records WHERE action = 'photos.judge'"))
        failed = session.scalar(text("SELECT count(*) FROM media_iq_jobs WHERE state <> 'done'"))
    assert (dict(kinds)["judged"], acts, failed) == (len(slots), len(slots), 0)  # type: ignore[arg-type]
    page = plated.get("/v1/listings?sort=photos_desc&facets=has_good_photos").json()
    found = page["items"][0]
    owners = plated.get(f"/v1/listings/{car}/photos", headers=agent.headers).json()["judgement"]
    assert (found["photo_score"], owners["score"], owners["is_current"]) == (
        owners["score"],
        found["photo_score"],
        True,
    )
    assert found["photo_score"] > 0
    good = str(found["has_good_photos"]).lower()
    assert page["facets"]["has_good_photos"] == [{"value": good, "count": 1}]
    assert len(plated.get(f"/v1/listings?has_good_photos={good}").json()["items"]) == 1
    assert "engine" in owners["missing_slots"]
    assert all(advice["ur"] for advice in owners["advice"])


def shown_score(client: httpx.Client, car: UUID) -> int | None:
    """The score of the car's page, once all its photos are public."""
    answer = client.get(f"/v1/listings/{car}").json()
    return answer["photo_score"] if answer["photo_count"] == 5 else None


def draw_car(number: int) -> Image.Image:
    """A picture with some detail, another one for each number."""
    noise = np.random.default_rng(number).normal(0, 25, (90, 120, 3))
    small = Image.fromarray(np.clip(noise + 120, 0, 255).astype(np.uint8))
    return small.resize((1200, 900), Image.Resampling.NEAREST)


@contextmanager
def working(platform: Platform) -> Iterator[None]:
    """The loop that judges, in a thread."""
    stop = threading.Event()
    thread = threading.Thread(target=Worker(platform, [JUDGE], stop).run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
