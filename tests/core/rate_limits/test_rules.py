"""Callers are told apart by network, signed device and user; carriers' addresses hold many people."""

import pytest

from core.declarations import RateLimit
from core.rate_limits.addresses import BadProxyError, address_class, client_address, counted_address, parse_proxies
from core.rate_limits.devices import DeviceIds
from core.rate_limits.rules import CallOrigin, Counter, counters_of

OTP = RateLimit("POST /v1/auth/otp", calls=20, seconds=600, per=("address", "device"))
ADDRESS = "203.0.113.7"


def keys(rule: RateLimit, origin: CallOrigin) -> dict[str, int]:
    return {counter.key: counter.calls for counter in counters_of(rule, origin)}


def test_device_has_the_number_of_the_rule_and_its_address_a_multiple() -> None:
    assert keys(OTP, CallOrigin(ADDRESS, device="d1")) == {"device:d1": 20, f"address:{ADDRESS}": 3000}


def test_callers_without_a_signed_device_share_a_smaller_number() -> None:
    assert keys(OTP, CallOrigin(ADDRESS)) == {f"unsigned:{ADDRESS}": 600, f"address:{ADDRESS}": 3000}


def test_user_is_counted_wherever_he_calls_from() -> None:
    rule = RateLimit("POST /v1/search/tokens", calls=30, seconds=60, per=("user",))
    assert counters_of(rule, CallOrigin("a", user="u")) == counters_of(rule, CallOrigin("b", user="u"))
    assert counters_of(rule, CallOrigin("a", user="u")) == (Counter("user:u", 30, 60),)


def test_rule_for_addresses_alone_gives_an_address_its_number() -> None:
    rule = RateLimit("GET /v1/x", calls=30, seconds=60, per=("address",))
    assert keys(rule, CallOrigin(ADDRESS)) == {f"address:{ADDRESS}": 30}


def test_twenty_are_exact_and_more_are_not() -> None:
    assert [Counter("k", calls, 60).is_exact for calls in (1, 20, 21)] == [True, True, False]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("fe80::1%eth0", "fe80::1", True),
        ("no address", "", True),
    ],
)
def test_addresses_are_counted_by_customer_line(first: str, second: str, same: bool) -> None:
    assert (counted_address(first) == counted_address(second)) is same


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),  # as a socket for both protocols names an IPv4 client
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", None),
    ],
)
def test_address_is_recorded_by_its_network(address: str, network: str | None) -> None:
    assert address_class(address) == network


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.1", ["1.2.3.4"], "198.51.100.1"),  # a stranger's header
        ("10.0.0.2", ["1.2.3.4"], "1.2.3.4"),
        ("10.0.0.2", ["9.9.9.9, 1.2.3.4"], "1.2.3.4"),  # what the client wrote itself stands first
        ("10.0.0.2", ["9.9.9.9", "1.2.3.4, 10.0.0.3"], "1.2.3.4"),
        ("10.0.0.2", [], "10.0.0.2"),
        ("10.0.0.2", ["10.0.0.9"], "10.0.0.9"),
        (None, ["1.2.3.4"], ""),
    ],
)
def test_forwarded_address_counts_from_named_proxies_alone(peer: str | None, forwarded: list[str], client: str) -> None:
    assert client_address(peer, forwarded, parse_proxies("10.0.0.0/8, 192.0.2.1")) == client


def test_without_named_proxies_the_peer_is_the_client() -> None:
    assert client_address("127.0.0.1", ["1.2.3.4"], parse_proxies("")) == "127.0.0.1"


def test_proxy_that_is_no_network_is_refused() -> None:
    with pytest.raises(BadProxyError, match=r"'proxy\.local'"):
        parse_proxies("10.0.0.0/8,proxy.local")


def test_device_id_is_ours_or_none() -> None:
    ours, others = DeviceIds(bytes(32)), DeviceIds(bytes(31) + b"1")
    issued = ours.issue()
    assert ours.verified(issued) == issued.partition(".")[0]
    flipped = ("0" if issued[0] != "0" else "1") + issued[1:]
    for forged in (None, "", "x" * 65, issued[:-1], issued + "0", flipped, others.issue(), "é" * 65):
        assert ours.verified(forged) is None
