"""Private addresses are never read, however they are written; without a setting not even in tests."""

import asyncio
import socket
from typing import Any

import pytest

from core.errors import AutomartError
from pipelines.feeds.pull.addresses import AddressRule, resolve
from tests.pipelines.feeds.pull.conftest import Pull, Site, page

INSIDE = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0",
    "0.0.0.0",
    "10.0.0.5",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:0:10.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::10.0.0.1]",
    "[64:ff9b:1::10.0.0.1]",
    "[2002:7f00:0001::]",
    "[2001:0:0:0:0:0:f5ff:fffe]",
    "[fe80::1]",
    "[fc00::1]",
    "[fd12:3456::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[2001:db8::1]",
    "localhost",
    "LOCALHOST.",
]


@pytest.mark.parametrize("host", INSIDE)
@pytest.mark.parametrize("scheme", ["https", "sftp"])
def test_private_address_is_refused_however_it_is_written(host: str, scheme: str) -> None:
    with pytest.raises(AutomartError) as caught:
        asyncio.run(resolve(f"{scheme}://{host}/stock.csv", AddressRule()))
    assert caught.value.code in ("address_not_allowed", "host_not_found"), host


@pytest.mark.parametrize("host", ["8.8.8.8", "[2606:4700::1111]", "[::ffff:8.8.8.8]", "134744072"])
def test_public_host_is_resolved_to_an_address(host: str) -> None:
    target = asyncio.run(resolve(f"https://{host}:8443/a?b=1", AddressRule()))
    assert (target.port, target.path) == (8443, "/a?b=1")
    assert target.ip in ("8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8")


def test_without_the_setting_loopback_is_refused_before_a_connection(pull: Pull, site: Site) -> None:
    site.pages["/stock.csv"] = page()
    for url in (f"{site.url}/stock.csv", f"https://127.0.0.1:{site.port}/", f"https://2130706433:{site.port}/"):
        result = pull(url, feed_pull_allow_hosts="")
        assert (result.status, "not public" in (result.message or "")) == ("failed", True), url
    assert site.asked == []


def answers(*addresses: str) -> Any:
    """A resolver that gives these; the real one cannot be made to lie on demand."""
    calls: list[str] = []

    async def getaddrinfo(self: Any, host: str, port: int, **_: Any) -> list[Any]:
        calls.append(host)
        given = addresses if len(calls) == 1 else ("127.0.0.1",)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in given]

    return getaddrinfo, calls


def test_every_address_of_a_host_must_be_public(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver, _ = answers("8.8.8.8", "10.0.0.1")
    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolver)
    with pytest.raises(AutomartError) as caught:
        asyncio.run(resolve("https://two-faced.example/", AddressRule()))
    assert caught.value.code == "address_not_allowed"


def test_second_resolution_of_a_name_is_never_used(monkeypatch: pytest.MonkeyPatch, pull: Pull, site: Site) -> None:
    resolver, calls = answers("192.88.99.77")  # public, and nobody answers there
    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolver)
    site.pages["/"] = page()
    result = pull(f"https://rebinding.example:{site.port}/", feed_pull_seconds=1)
    assert result.status == "failed"
    assert [host for host in calls if host == "rebinding.example"] == ["rebinding.example"]
    assert site.asked == []
