"""A taken port is named, and the next free one is used."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from cli.processes.ports import free_port
from core.errors import RetryableError


@pytest.fixture
def taken() -> Iterator[int]:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_free_port_is_taken_as_wanted(taken: int) -> None:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        free = int(probe.getsockname()[1])
    port = free_port("127.0.0.1", free)
    assert (port.number, port.taken_by) == (free, None)


def test_taken_port_names_its_owner_and_gives_a_later_one(taken: int) -> None:
    port = free_port("127.0.0.1", taken)
    assert port.number > taken
    assert port.taken_by is not None
    assert str(os.getpid()) in port.taken_by


def test_no_free_port_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch, taken: int) -> None:
    monkeypatch.setattr("cli.processes.ports._TRIES", 1)
    with pytest.raises(RetryableError, match=str(taken)):
        free_port("127.0.0.1", taken)
