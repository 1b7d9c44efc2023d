"""A lead for `automart demo`: it arrives live at the dealer's, and its time to answer ends at once."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

import httpx
from rich.console import Console

from api.server import make_server
from cli.leads.watch import Watcher, line_of
from core.platform import Platform
from core.settings import Settings
from samples.people import SamplePerson
from serving.leads.demonstration import Scene, let_time_pass, number_live, set_scene

_SECONDS: Final = 20.0
_MESSAGE: Final = "Is the car still there? I could come on Saturday."


def show_lead(platform: Platform, people: list[SamplePerson], console: Console) -> dict[str, str] | None:
    """Ask about a car as a buyer does, and print what `automart leads watch` shows of it; None: nothing to show."""
    buyer = next((person for person in people if person.role == "buyer"), None)
    agent = next((person for person in people if person.role == "org_admin"), None)
    if buyer is None or agent is None or agent.org is None:
        return None
    scene = set_scene(platform, agent.org, buyer.phone, agent.phone)
    if scene is None:
        return None
    number_live(platform)
    with _api(platform.settings) as url:
        events = _watched(platform, scene, url, agent.org)
    shown = {name: line_of(event) for name, event in events.items()}
    for name, line in shown.items():
        console.print(f"Lead {name}:\n  {line}", markup=False, highlight=False, soft_wrap=True)
    return shown


def _watched(platform: Platform, scene: Scene, url: str, org: str) -> dict[str, dict[str, Any]]:
    """Watch as the dealer does while the buyer asks and the time to answer ends; the two events, by what they tell."""
    found: dict[str, dict[str, Any]] = {}
    complete = threading.Event()
    headers = {"Authorization": f"Bearer {scene.dealer_token}"}
    watcher = Watcher(url, headers, {"org": org}, _position(url, headers, org))

    def watch() -> None:
        for event in watcher.events():
            if event["topic"] == "lead" and event["kind"] == "created":
                found["arrived"] = event
            if event["topic"] == "lead" and event["data"].get("reason") == "breach":
                found["breached"] = event
                complete.set()
                return

    threading.Thread(target=watch, daemon=True).start()
    body = {"listing_id": str(scene.listing_id), "message": _MESSAGE}
    asked = httpx.post(
        f"{url}/v1/leads", json=body, headers={"Authorization": f"Bearer {scene.buyer_token}"}, timeout=10
    )
    if asked.status_code == httpx.codes.CREATED:
        number_live(platform)
        let_time_pass(platform, UUID(asked.json()["lead_id"]))
        complete.wait(_SECONDS)
    return found


def _position(url: str, headers: dict[str, str], org: str) -> str:
    """Return the position of now, so that nothing is missed before the watcher is connected."""
    answer = httpx.get(f"{url}/v1/live", params={"org": org, "seconds": "0"}, headers=headers, timeout=10)
    answer.raise_for_status()
    return [line[4:] for line in answer.text.splitlines() if line.startswith("id: ")][-1]


@contextmanager
def _api(settings: Settings) -> Iterator[str]:
    """Serve the API on a free port of this machine for as long as the block lasts."""
    server = make_server(settings, host="127.0.0.1", port=0, log_config=None, access_log=False)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.02)
        yield "http://{}:{}".format(*server.servers[0].sockets[0].getsockname()[:2])
    finally:
        server.should_exit = True
        thread.join()
