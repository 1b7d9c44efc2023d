"""Ask a real Meilisearch what the suite asks of the test server: `make meilisearch-test`.

It needs MEILI_URL and MEILI_KEY (the key that `automart search meilisearch-keys` prints), and does in turn: the replay
of the recording (with `--master-key-file`, on a server without indexes), the conformance suite, kills of the server
(with `--restart`, a shell command that kills it and starts it again), and the table of docs/benchmarks.md. What cannot
be done says that it is skipped and why. Exits with 1 where something failed.

    make meilisearch-test ARGS="--master-key-file master.txt --restart 'docker kill meili; docker start meili'"
"""

import argparse
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

from bench.search import on_meilisearch
from core.search.meilisearch import MeilisearchEngine, MeilisearchServer
from core.settings import load_settings
from tests.meilisearch_server.kills import survive_kills
from tests.meilisearch_server.replay import replay

ROOT = Path(__file__).parents[2]


def main() -> None:
    given = _arguments()
    settings = load_settings()
    if settings.meili_url is None:
        print(
            "Skipped: MEILI_URL is not set. docs/runbooks/search.md says how to start a Meilisearch and make its keys."
        )
        return
    key = None if settings.meili_key is None else settings.meili_key.get_secret_value()
    server = MeilisearchServer(settings.meili_url, key)
    right = [
        _replay(settings.meili_url, server, given.master_key_file),
        subprocess.run([sys.executable, "-m", "pytest", "-n0", "-q", "tests/conformance"], cwd=ROOT).returncode == 0,
        _kills(server, given.restart, given.kills),
    ]
    if given.listings:
        on_meilisearch.show(*on_meilisearch.compare(server, given.listings))
    sys.exit(0 if all(right) else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--master-key-file", type=Path)
    parser.add_argument("--restart")
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--listings", type=int, default=100_000, help="of the table; 0: no table")
    return parser.parse_args()


def _replay(url: str, server: MeilisearchServer, master_key_file: Path | None) -> bool:
    if master_key_file is None:
        print("replay: skipped, it makes keys and needs the master key: --master-key-file FILE.")
        return True
    if server.index_names():
        print("replay: skipped, the server has indexes, and the recording begins with an empty one.")
        return True
    differing = [one for one in replay(url, master_key_file.read_text().strip()) if one.answered != one.recorded]
    for one in differing:
        print(f"replay: line {one.line}, {one.call}\n  recorded {one.recorded}\n  answered {one.answered}")
    print(f"replay: {len(differing)} answers differ.")
    return not differing


def _kills(server: MeilisearchServer, restart: str | None, kills: int) -> bool:
    if restart is None:
        print("kills: skipped, no command that kills the server and starts it again: --restart COMMAND.")
        return True
    name = f"listings_kills_{uuid.uuid4().hex}"
    with tempfile.TemporaryDirectory() as folder:
        engine = MeilisearchEngine(server, name, Path(folder) / "lock")
        wrong = survive_kills(engine, lambda: subprocess.run(restart, shell=True, check=True), cars=1_500, kills=kills)
    server.wait([server.client.delete_index(one) for one in server.index_names() if one.startswith(name)])
    print(f"kills: {kills} of the server, {len(wrong)} differences.", *wrong[:20], sep="\n  ")
    return not wrong


if __name__ == "__main__":
    main()
