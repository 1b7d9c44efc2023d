"""Declare personal data and retention of the tables that all domains share."""

from datetime import timedelta

from core.declarations import Declarations, PersonalColumn, Retention
from core.idempotency.once import KEPT_FOR

DECLARATIONS = Declarations(
    personal_columns=(
        PersonalColumn("rate_limit_counters", "key", "digest of an address, a device or a person", "digest", "outside"),
        PersonalColumn("idempotent_answers", "person_id", "the person who sent the request, as an id", "plain"),
        PersonalColumn("idempotent_answers", "sealed_body", "an answer, with contacts and secrets in it", "sealed"),
    ),
    retention=(
        Retention("idempotent_answers", "answers to requests with an Idempotency-Key", "created_at", KEPT_FOR),
        Retention("rate_limit_counters", "counters whose window has ended", "ends_at", timedelta(0)),
        Retention(
            "outbox_subjects",
            "last event numbers of subjects without later events; consumers forget them sooner",
            "told_at",
            timedelta(days=400),
            where="NOT EXISTS (SELECT FROM outbox_events e WHERE e.topic = outbox_subjects.topic"
            " AND e.subject_id = outbox_subjects.subject_id)",
        ),
    ),
)
