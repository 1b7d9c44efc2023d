"""The client for web pages, run by node: what waited offline is sent later under the same ids, and counts once."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from core.db.session import SessionFactory
from tests.api.conftest import Add

CLIENT = Path(__file__).parents[2] / "deploy" / "web" / "automart-events.js"
NODE = shutil.which("node")
SCRIPT = """
const fs = require("fs");
const [client, kept, mode, url, car] = process.argv.slice(1);
const AutomartEvents = require(client);
const values = fs.existsSync(kept) ? JSON.parse(fs.readFileSync(kept)) : {};
const storage = {
  getItem: (name) => values[name] ?? null,
  setItem: (name, value) => { values[name] = value; fs.writeFileSync(kept, JSON.stringify(values)); },
};
const beacons = [];
if (mode === "lost answer") {
  const real = fetch;
  globalThis.fetch = async (...given) => { await real(...given); throw new Error("the answer is lost"); };
}
Object.defineProperty(globalThis, "navigator", { value: { sendBeacon: (to, blob) => beacons.push([to, blob]) } });
const events = new AutomartEvents({ url, app: "web", appVersion: "4.2.0", storage, pause: 1e6 });
(async () => {
  if (mode === "track") {
    for (let place = 1; place <= 3; place++) events.track("listing_view", { listing_id: car, position: place });
    events.track("listing_view", { listing_id: "nonsense" });
  }
  if (mode === "leave") {
    events.leave();
    await fetch(beacons[0][0], { method: "POST", body: beacons[0][1] });
  } else await events.flush();
  console.log(JSON.stringify({ waiting: events.queue.length, ids: events.queue.map((each) => each.event.id) }));
  process.exit(0);
})();
"""

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")


def test_queue_survives_a_dead_network_a_lost_answer_and_a_closed_page(
    client: httpx.Client, add: Add, session_factory: SessionFactory, tmp_path: Path
) -> None:
    car = add()

    def page(mode: str, url: str = f"{client.base_url}/v1/events", car: UUID = car) -> dict[str, Any]:
        command = [str(NODE), "-e", SCRIPT, str(CLIENT), str(tmp_path / "kept.json"), mode, url, str(car)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def kept() -> list[tuple[str, int]]:
        with session_factory() as session:
            rows = session.execute(text("SELECT event_id::text, position FROM engagement_events ORDER BY position"))
            return [tuple(row) for row in rows]

    offline = page("track", "http://127.0.0.1:9/v1/events")
    assert (offline["waiting"], kept()) == (4, [])
    sent = list(zip(offline["ids"], [1, 2, 3], strict=False))
    for mode in ("leave", "lost answer"):
        assert page(mode) == offline
        assert kept() == sent
    assert page("send") == {"waiting": 0, "ids": []}
    assert kept() == sent
