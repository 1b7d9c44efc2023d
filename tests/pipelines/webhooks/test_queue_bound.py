"""A feed that changes very many cars queues one message for each (50,000 in 12 s: docs/benchmarks.md)."""

from sqlalchemy import text

from core.db.session import transaction
from tests.factories.listings import add_many
from tests.factories.webhooks import Partner, subscribe
from tests.pipelines.webhooks.conftest import PRICE, Stage

CARS = 2_000


def test_cars_changed_by_one_statement_are_all_queued(stage: Stage, here: Partner) -> None:
    subscribe(stage.factory, stage.keys, stage.org_id, here, PRICE, order="loose")
    with transaction(stage.factory) as session:
        add_many(session, CARS)
    stage.queue()
    with transaction(stage.factory) as session:
        session.execute(text("UPDATE listings SET price_pkr = price_pkr + 7"))
    stage.queue()
    assert stage.outcomes() == [("waiting", None)] * (CARS + 2), "the template and the stage's own car changed, too"
