"""A partner's long answer costs little, and no log shows the secrets that a partner gave us to send."""

import gzip
import logging
import tracemalloc
from http.server import BaseHTTPRequestHandler

import pytest
from sqlalchemy import select

from core.db.session import transaction
from core.db.tables.webhooks import WebhookAttempt
from tests.factories.webhooks import Partner, subscribe
from tests.pipelines.webhooks.conftest import PRICE, Stage

PIECE = gzip.compress(bytes(10_000_000))  # members of a gzip file may stand one after the other: 100 of them are 1 GB


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_answer_of_a_gigabyte_costs_less_than_a_megabyte(stage: Stage, here: Partner, encoding: str) -> None:
    written = 0

    def flood(handler: BaseHTTPRequestHandler, _: int) -> None:
        nonlocal written
        handler.send_response(200)
        handler.send_header("Content-Encoding", encoding)
        handler.end_headers()
        try:
            for _ in range(100 if encoding == "gzip" else 100_000):
                handler.wfile.write(PIECE)
                written += len(PIECE)
        except OSError:
            handler.close_connection = True

    subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE)
    stage.price(1_500_000)
    stage.send()  # once without measuring: modules and statements are loaded
    here.answers = flood
    stage.price(2_000_000)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        stage.send()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert stage.outcomes()[-1] == ("delivered", None)
    assert most - before < 1_000_000
    assert written < 20_000_000, "the rest was not even sent"
    with transaction(stage.factory) as session:
        kept = session.scalars(select(WebhookAttempt.body).order_by(WebhookAttempt.id.desc())).first()
    assert kept is not None
    assert len(kept.encode()) <= 4_000 * 3, "each byte that is no text becomes one sign"


def test_values_of_own_headers_and_secrets_stand_in_no_log(
    stage: Stage, here: Partner, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE, headers={"X-Key": "hunter2hunter2"})
    stage.price(2_000_000)
    assert stage.send() == 1
    assert here.headers[-1]["x-key"] == "hunter2hunter2"
    letters: list[object] = []

    def fail(_: object, letter: object) -> None:
        letters.append(letter)
        raise RuntimeError(f"cannot send {letter!r}")

    monkeypatch.setattr("pipelines.webhooks.dispatching.Letter.headers", lambda letter, at: fail(at, letter))
    stage.price(3_000_000)
    with pytest.raises(RuntimeError, match="cannot send") as failure:
        stage.send()
    assert caplog.records
    shown = [caplog.text, str(failure.value), repr(letters)]
    assert [text for text in shown if "hunter2" in text or here.secrets[0] in text] == []
