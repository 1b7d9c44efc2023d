"""After a person is erased, neither a message that is sent again nor the log of webhooks shows the person."""

from functools import partial

from sqlalchemy import Engine, select, text

from core.db.session import transaction
from core.db.tables.leads import Lead
from core.db.tables.webhooks import WebhookDelivery
from core.storage import Storage
from serving.personal_data.erasing import erase_person
from serving.webhooks.replay import replay_deliveries
from tests.dump import dump, holds
from tests.factories.personal_data import NAME, NOW, known_person
from tests.factories.webhooks import Partner, answer, subscribe
from tests.pipelines.webhooks.conftest import Stage


def log(engine: Engine) -> bytes:
    """The tables of webhooks, as a dump holds them."""
    tables = dump(engine).split(b"\nCOPY public.")
    return b"".join(each for each in tables if each.startswith(b"webhook_"))


def test_replay_and_log_show_nothing_of_an_erased_person(
    stage: Stage, here: Partner, storage: Storage, admin_engine: Engine
) -> None:
    webhook = subscribe(stage.factory, stage.keys, stage.org_id, here, "lead.created")
    with transaction(stage.factory) as session:
        person = known_person(session, stage.keys)
        lead_id = session.scalars(select(Lead.id).where(Lead.buyer_id == person.user_id)).one()
    stage.queue()
    # A partner that knows the buyer and says so with every answer.
    here.answers = answer(200, f'{{"customer": "{NAME}", "phone": "{person.phone.value}"}}'.encode())
    assert stage.send() == 1
    assert holds(log(admin_engine), NAME)
    assert not holds(log(admin_engine), person.phone.value), "contacts are masked at once"
    result = erase_person(partial(transaction, stage.factory), storage, person.user_id, "test", NOW)
    assert result.counts["webhooks"] == {"answers to messages about the person": 1}
    with transaction(stage.factory) as session:
        ids = session.scalars(select(WebhookDelivery.id).where(WebhookDelivery.subject_id == lead_id)).all()
        assert replay_deliveries(stage.desk(session), webhook, ids) == 1
    assert stage.send() == 1
    assert here.received[-1][1]["data"]["lead_id"] == str(lead_id)
    with transaction(stage.factory) as session:
        assert session.scalar(text("SELECT count(*) FROM webhook_attempts WHERE body IS NOT NULL")) == 0
    shown = [log(admin_engine), *(str(each).encode() for each in here.received)]
    assert [word for word in (*person.texts, str(person.user_id)) for part in shown if holds(part, word)] == []
