"""`automart leads score` trains, tells how well the chance is known, and says so where it is not."""

import json

from typer.testing import CliRunner

from cli.app import app
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.settings import Settings
from serving.leads.past_leads import add_past_leads
from tests.factories.listings import add_listing


def test_score_is_trained_and_told(environment: Settings, session_factory: SessionFactory) -> None:
    def told(*more: str) -> str:
        answer = CliRunner().invoke(app, ["leads", "score", *more])
        assert answer.exit_code == 0, answer.output
        return answer.output

    assert "--train" in told()
    assert json.loads(told("--json")) is None
    assert "too few" in told("--train")
    with transaction(session_factory) as session:
        for number in range(12):
            add_listing(session, org=f"dealer-{number % 4}", price_pkr=2_000_000)
        add_past_leads(session, utc_now(), seed=3)
    assert "judged on 375 later ones: Brier score" in told("--train")
    found = json.loads(told("--json"))
    assert found["report"]["held"] == 375
    assert found["shown"] is found["report"]["beats"]
