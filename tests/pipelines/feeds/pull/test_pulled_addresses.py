"""The puller reaches no private address, whatever the name of the host means a moment later."""

import asyncio

import pytest

from tests.core.egress.test_addresses import answers
from tests.factories.sites import Site
from tests.pipelines.feeds.pull.conftest import Pull, page


def test_without_the_setting_loopback_is_refused_before_a_connection(pull: Pull, site: Site) -> None:
    site.pages["/stock.csv"] = page()
    for url in (f"{site.url}/stock.csv", f"https://127.0.0.1:{site.port}/", f"https://2130706433:{site.port}/"):
        result = pull(url, feed_pull_allow_hosts="")
        assert (result.status, "not public" in (result.message or "")) == ("failed", True), url
    assert site.asked == []


def test_second_resolution_of_a_name_is_never_used(monkeypatch: pytest.MonkeyPatch, pull: Pull, site: Site) -> None:
    resolver, calls = answers("192.88.99.77")  # public, and nobody answers there
    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolver)
    site.pages["/"] = page()
    result = pull(f"https://rebinding.example:{site.port}/", feed_pull_seconds=1)
    assert result.status == "failed"
    assert [host for host in calls if host == "rebinding.example"] == ["rebinding.example"]
    assert site.asked == []
