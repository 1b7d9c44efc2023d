"""What is served of a photo with a plate: nothing before the verdict, then covered pixels, and never the original."""

import io
from collections.abc import Iterator
from contextlib import AbstractContextManager
from uuid import UUID

import httpx
import numpy as np
import pytest
from PIL import Image
from sqlalchemy.orm import Session

from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.db.tables.photos import ListingPhoto
from core.settings import Settings
from core.storage import open_storage
from models.plates.recogniser import TextRecogniser
from pipelines.photos.judging.judge import JudgingParts, judge_batch
from pipelines.photos.judging.verdicts import decide_due
from pipelines.photos.judging.worker import JudgingChild
from tests.api.conftest import Add
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
    """What the recogniser reads where the plate is, as it came, sharpened, and deconvolved."""
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
