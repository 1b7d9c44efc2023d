"""Find a free port on this machine, and name the program that holds a taken one."""

import socket
from contextlib import closing, suppress
from dataclasses import dataclass

import psutil

from core.errors import RetryableError

_TRIES = 50


@dataclass(frozen=True)
class Port:
    """The port that was chosen; `taken_by` tells why it is not the wanted one."""

    number: int
    taken_by: str | None


def free_port(host: str, wanted: int) -> Port:
    """Find the wanted port, or the next free one after it.

    Raises:
        RetryableError: none of the next 50 ports is free.
    """
    for number in range(wanted, min(wanted + _TRIES, 65536)):
        if _is_free(host, number):
            return Port(number, None if number == wanted else _owner(wanted))
    raise RetryableError(f"No port from {wanted} to {wanted + _TRIES - 1} is free on {host}.", code="no_free_port")


def _is_free(host: str, number: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is as good as free
        try:
            probe.bind((host, number))
        except OSError:
            return False
    return True


def _owner(number: int) -> str:
    with suppress(psutil.Error):
        for connection in psutil.net_connections("inet"):
            if connection.laddr and connection.laddr.port == number and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    return "another program"
