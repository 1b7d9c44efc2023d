"""One configuration at the edge: fields of the request, JSON or text, redacted tracebacks."""

import io
import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest

from core.observability.context import current_fields, log_fields
from core.observability.logging import LogFormat, configure_logging

LOG = logging.getLogger("pipelines.example")


@pytest.fixture(autouse=True)
def _keep_root() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def configured(style: LogFormat) -> io.StringIO:
    stream = io.StringIO()
    configure_logging("api", level="INFO", style=style, stream=stream)
    return stream


def test_json_lines_carry_service_level_and_the_fields_of_the_request() -> None:
    stream = configured("json")
    with log_fields(request_id="r-1"):
        LOG.warning("file %s refused", 7)
    LOG.info("done")

    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["level"], first["logger"], first["service"]) == ("WARNING", "pipelines.example", "api")
    assert first["message"] == "file 7 refused"
    assert first["fields"] == {"request_id": "r-1"}
    assert second["fields"] == {}
    assert "time" in first


def failing() -> None:
    raise ValueError("cannot connect to postgresql://app:topsecret@db/x for ali@example.com")


@pytest.mark.parametrize("style", ["json", "text"])
def test_traceback_is_written_and_redacted(style: LogFormat) -> None:
    stream = configured(style)
    try:
        failing()
    except ValueError:
        LOG.exception("failed for 0300-1234567")

    written = stream.getvalue()
    assert "ValueError" in written
    assert [word for word in ("topsecret", "ali@example.com", "0300-1234567") if word in written] == []


def test_text_line_ends_with_the_fields() -> None:
    stream = configured("text")
    with log_fields(run_id="abc"), log_fields(loop="search"):
        LOG.info("synced")
    assert stream.getvalue().rstrip().endswith("api pipelines.example: synced  run_id=abc loop=search")


def test_configuring_again_writes_each_line_once() -> None:
    configured("text")
    stream = configured("text")
    LOG.info("once")
    assert stream.getvalue().count("once") == 1


def test_info_lines_of_http_clients_are_dropped() -> None:
    stream = configured("text")
    logging.getLogger("httpx").info("GET https://feeds.example/?key=1")
    assert stream.getvalue() == ""


def test_fields_end_with_their_block_and_follow_a_copied_context_into_a_thread() -> None:
    with log_fields(request_id="r-2"), ThreadPoolExecutor(1) as pool:
        inside = pool.submit(copy_context().run, current_fields).result()
    assert dict(inside) == {"request_id": "r-2"}
    assert dict(current_fields()) == {}
