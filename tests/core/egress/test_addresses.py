"""Private addresses are never read, however they are written; without a setting not even in tests."""

import asyncio
import socket
from typing import Any

import pytest

from core.egress.addresses import EgressRules, is_reachable, resolve
from core.egress.errors import AddressNotAllowedError
from core.errors import AutomartError

RULES = EgressRules(schemes=("https", "sftp", "ftps", "ftpes"))
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
@pytest.mark.parametrize("scheme", ["https", "sftp", "ftps", "ftpes"])
def test_private_address_is_refused_however_it_is_written(host: str, scheme: str) -> None:
    with pytest.raises(AutomartError) as caught:
        asyncio.run(resolve(f"{scheme}://{host}/stock.csv", RULES))
    assert caught.value.code in ("address_not_allowed", "host_not_found"), host


@pytest.mark.parametrize("host", ["8.8.8.8", "[2606:4700::1111]", "[::ffff:8.8.8.8]", "134744072"])
def test_public_host_is_resolved_to_an_address(host: str) -> None:
    target = asyncio.run(resolve(f"https://{host}:8443/a?b=1", RULES))
    assert (target.port, target.path) == (8443, "/a?b=1")
    assert target.ip in ("8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8")


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
        asyncio.run(resolve("https://two-faced.example/", RULES))
    assert caught.value.code == "address_not_allowed"


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.170.2",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "fd20:ce::254",
        "::ffff:169.254.169.254",
        "64:ff9b::169.254.169.254",
        "2002:a9fe:a9fe::",
    ],
)
def test_no_setting_opens_link_local_and_metadata_addresses(address: str) -> None:
    assert not is_reachable(address)
    assert not is_reachable(address, private_allowed=True)


def test_setting_opens_a_private_host_by_its_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = EgressRules(private_hosts=frozenset({"stock.internal"}))
    for addresses, allowed in ((("10.0.0.5",), True), (("10.0.0.5", "169.254.169.254"), False)):
        resolver, _ = answers(*addresses)
        monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolver)
        if allowed:
            assert asyncio.run(resolve("https://stock.internal/a", rules)).ip == "10.0.0.5"
        else:
            with pytest.raises(AddressNotAllowedError):
                asyncio.run(resolve("https://stock.internal/a", rules))
    resolver, _ = answers("10.0.0.5")
    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolver)
    with pytest.raises(AddressNotAllowedError):
        asyncio.run(resolve("https://other.internal/a", rules))
