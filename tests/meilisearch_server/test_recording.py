"""The test server answers as Meilisearch 1.50 did: each call of the recording, in its order."""

from tests.meilisearch_server.replay import RECORDING, replay
from tests.meilisearch_server.running import running


def test_answers_equal_the_recorded_ones() -> None:
    with running("a-master-key-of-the-tests") as server:
        compared = list(replay(server.url, "a-master-key-of-the-tests"))
    assert len(compared) == len(RECORDING.read_text(encoding="utf-8").splitlines()) == 89
    differing = [one for one in compared if one.answered != one.recorded]
    assert not differing, "\n".join(
        f"line {one.line}, {one.call}\n  recorded {one.recorded}\n  answered {one.answered}" for one in differing
    )
