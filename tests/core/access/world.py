"""A small world with a row for every policy: two dealers, a partner, the platform, their people, and nobody's."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.principal import Membership, Principal, ServiceIdentity
from core.access.roles import Role
from core.db.base import Base
from core.db.tables import register_tables
from pipelines.engagement.aggregates.measures import COUNTS
from tests.factories.listings import PLAIN

NOW = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
ORGS = {name: UUID(int=number) for number, name in enumerate(("a", "b", "partner", "platform", "empty", "market"), 1)}
KINDS = {"a": "dealer", "b": "dealer", "partner": "partner", "platform": "platform", "empty": "dealer",
         "market": "marketplace"}  # fmt: skip
PEOPLE = {name: UUID(int=number) for number, name in enumerate(("alice", "amir", "pat", "sam", "carol", "zed"), 11)}
MEMBERS = {"alice": "a", "amir": "a", "pat": "partner", "sam": "platform"}
LISTINGS = {
    "private of a": (UUID(int=21), "a", "private", "autotrader", "live"),
    "public of b": (UUID(int=22), "b", "public", "automart", "live"),
    "wholesale of b": (UUID(int=23), "b", "wholesale_public", "autotrader", "live"),
    "private of b": (UUID(int=24), "b", "private", "automart", "live"),
    "removed of b": (UUID(int=25), "b", "public", "automart", "withdrawn"),
    "of the trade": (UUID(int=26), "b", "public", "autotrader", "live"),
    "ad of carol": (UUID(int=27), "market", "private", "automart", "draft"),
}
OF_AD = f"'{ORGS['market']}', 1, jsonb_build_object('listing_id', '{LISTINGS['ad of carol'][0]}'))"
PRIVATE = {"source": "private", "seller_id": PEOPLE["carol"]}
FILES = {"a": UUID(int=31), "b": UUID(int=32)}
BRANCHES = {"a": UUID(int=41), "b": UUID(int=42)}
RECORDS = {"of a": UUID(int=51), "of carol": UUID(int=52), "about carol": UUID(int=53)}
COPIES = ("photo_descriptions", "photo_pairs", "photo_sightings")
CONTENTS = {name: UUID(int=number) for number, name in enumerate(("public of b", "private of a"), 81)}
WEBHOOK = UUID(int=120)
PHOTOS = {
    "public of b": (UUID(int=91), "waived"),
    "private of a": (UUID(int=92), "pending"),
}
SAVED = UUID(int=130)
ATTACHED = (
    (141, 95, "a", b"carol", True), (142, 95, "a", b"carol", False), (143, 96, "market", None, False)
)  # fmt: skip
"""Files of leads: id and number, lead, organisation, buyer, and whether the buyer may see it."""
SECRET = b"x" * 32
ACCOUNT = UUID(int=61_000)
DEPOSIT = UUID(int=99)
NOBODY = Principal.anonymous()


def member(name: str, org: str, role: Role = Role.ORG_ADMIN) -> Principal:
    return Principal(PEOPLE[name], (Membership(ORGS[org], org, role, None, KINDS[org]),))


ALICE, AMIR, PAT = member("alice", "a"), member("amir", "a", Role.SALES_AGENT), member("pat", "partner")
SAM = member("sam", "platform", Role.PLATFORM_ADMIN)
CAROL = Principal(PEOPLE["carol"])
SYSTEM = Principal(service_account=ServiceIdentity("erp", ORGS["a"], "a", frozenset(), id=ACCOUNT))
STRANGER = member("zed", "empty")


def _counted(dimension: str, key: str, org: UUID | None) -> dict[str, Any]:
    cell = {"grain": "day", "starts": NOW, "dimension": dimension, "key": key, "org_id": org}
    return cell | dict.fromkeys((*COUNTS, "visitors", "sessions"), 1)


def fill(session: Session) -> None:
    """Insert the world; the session's login must be exempt from policies."""
    register_tables()
    for table, rows in _rows().items():
        for row in rows:
            session.execute(Base.metadata.tables[table].insert().values(row))


def _rows() -> dict[str, list[dict[str, Any]]]:
    return {
        "orgs": [{"id": key, "code": f"org-{name}", "name": name, "kind": KINDS[name]} for name, key in ORGS.items()],
        "users": [{"id": key} for key in PEOPLE.values()],
        "branches": [{"id": BRANCHES[org], "org_id": ORGS[org], "code": "x", "name": "X"} for org in BRANCHES],
        "memberships": [
            {"id": UUID(int=60 + n), "user_id": PEOPLE[name], "org_id": ORGS[org], "role": "org_admin"}
            for n, (name, org) in enumerate(MEMBERS.items())
        ],
        "membership_branches": [
            {"membership_id": UUID(int=60), "branch_id": BRANCHES["a"], "org_id": ORGS["a"]},
        ],
        "user_contacts": [
            {"user_id": PEOPLE[name], "kind": "phone", "sealed": b"", "blind_index": name.encode(), "proven_at": NOW}
            for name in ("amir", "carol")
        ],
        "logins": [{"issuer": "x", "subject": "carol", "user_id": PEOPLE["carol"]}],
        "invitations": [
            {"org_id": ORGS["partner"], "role": "org_admin", "kind": "phone", "sealed": b"", "blind_index": b"",
             "token_digest": SECRET, "expires_at": LATER, "accepted_by": PEOPLE["carol"]},
        ],
        "service_accounts": [{"org_id": ORGS["a"], "name": "erp", "scopes": "", "secret_digest": SECRET}],
        "otp_challenges": [
            {"purpose": "login", "kind": "phone", "blind_index": b"carol", "sealed": b"", "code_digest": b"",
             "expires_at": LATER}
        ],
        "otp_guesses": [{"blind_index": b"carol", "device": "", "day": NOW.date(), "wrong": 1}],
        "known_devices": [{"blind_index": b"carol", "device": "d", "last_login_at": NOW}],
        "sessions": [{"user_id": PEOPLE["carol"], "refreshed_at": NOW, "expires_at": LATER}],
        "ended_outside_sessions": [{"issuer": "x", "session": "y", "ended_at": NOW, "expires_at": LATER}],
        "spent_proofs": [{"id": UUID(int=71), "expires_at": LATER}],
        "feed_files": [
            {"id": key, "org_id": ORGS[org], "name": "x", "mapping": "x", "mapping_version": 1, "digest": "x",
             "size_bytes": 1, "storage_key": "x", "received_at": NOW}
            for org, key in FILES.items()
        ],
        "listings": [
            {"id": key, "org_id": ORGS[org], "source_key": name, "content_hash": b"", "content_hash_version": 1,
             **(PRIVATE if org == "market" else {"file_id": FILES[org], "row_number": 1}),
             **PLAIN, "visibility": visibility, "channels": [channel], "status": status}
            for name, (key, org, visibility, channel, status) in LISTINGS.items()
        ],
        "feed_rejects": [{"file_id": FILES["a"], "row_number": 1, "code": "bad_year", "message": "x"}],
        "feed_requests": [{"org_id": ORGS["a"], "file_id": FILES["a"], "kind": "undo", "asked_by": "x"}],
        "feed_sources": [{"org_id": ORGS["a"], "url": "https://a.example/x.csv"}],
        "listing_removals": [
            {"file_id": FILES["a"], "listing_id": LISTINGS["private of a"][0], "state": "held"}
        ],
        "listing_prices": [
            {"listing_id": LISTINGS["private of a"][0], "price_pkr": 1, "observed_at": NOW, "source": "form"}
        ],
        "listing_chassis": [
            {"listing_id": LISTINGS["private of a"][0], "org_id": ORGS["a"], "chassis_index": b"",
             "sealed_number": b""},
            {"listing_id": LISTINGS["ad of carol"][0], "org_id": ORGS["market"], "seller_id": PEOPLE["carol"],
             "chassis_index": b"", "sealed_for_seller": b""},
        ],
        "price_bands": [
            {"listing_id": key, "confidence": 0, "method": "none", "reason": "x", "listing_updated_at": NOW,
             "computed_at": NOW}
            for key, *_ in LISTINGS.values()
        ],
        "market_index": [
            {"segment_kind": "market", "segment": "", "month": date(2026, 3, 1), "level": 1, "low": 1, "high": 1,
             "samples": 1, "base_month": date(2026, 3, 1)}
        ],
        "sale_models": [{"sold": 0, "told": 0, "artifact": {}}],
        "price_models": [
            {"version": "v", "status": "retired", "storage_key": "x", "data_digest": "", "code_version": 1,
             "samples": 1, "metrics": {}}
        ],
        "audit_records": [
            {"id": RECORDS["of a"], "actor_kind": "system", "actor": "x", "org_id": ORGS["a"], "action": "x.y",
             "subject_kind": "x", "subject_id": "1"},
            {"id": RECORDS["of carol"], "actor_kind": "person", "actor": "x", "user_id": PEOPLE["carol"],
             "action": "x.y", "subject_kind": "x", "subject_id": "1"},
            {"id": RECORDS["about carol"], "actor_kind": "system", "actor": "x", "action": "x.y",
             "subject_kind": "user", "subject_id": str(PEOPLE["carol"])},
        ],
        "erasures": [{"user_id": PEOPLE["carol"], "key_ids": [], "requested_at": NOW}],
        "idempotent_answers": [
            {"person_id": PEOPLE["carol"], "operation": "x", "key": "k", "request_digest": b"", "status": 200,
             "sealed_body": b""},
            {"person_id": ACCOUNT, "org_id": ORGS["a"], "operation": "x", "key": "k",
             "request_digest": b"", "status": 200, "sealed_body": b""},
        ],
        "messages": [
            {"template": "x", "language": "en", "channel": "sms", "blind_index": b"carol", "sealed_recipient": b"",
             "sealed_values": b"", "next_attempt_at": NOW,
             "created_at": NOW}
        ],
        "notification_preferences": [{"user_id": PEOPLE["carol"], "timezone": "Asia/Karachi", "changed_at": NOW}],
        "listing_popularity": [{"listing_id": LISTINGS["public of b"][0], "steps": 3, "made_at": NOW}],
        "popular_searches": [{"text": "civic", "devices": 20, "made_at": NOW}],
        "recent_searches": [{"user_id": PEOPLE["carol"], "text": "x", "words": "x", "searched_at": NOW}],
        "saved_searches": [
            {"id": SAVED, "user_id": PEOPLE["carol"], "name": "x", "search": "q=x", "understood": {},
             "channel": "automart", "frequency": "instant", "new_match": True, "price_drop": True, "since": NOW,
             "words": "x", "keys": []}
        ],
        "saved_search_matches": [
            {"search_id": SAVED, "listing_id": LISTINGS["public of b"][0], "kind": "new", "matched_at": NOW}
        ],
        "push_devices": [
            {"user_id": PEOPLE["carol"], "platform": "ios", "sealed_token": b"", "token_index": b"",
             "registered_at": NOW}
        ],
        "photo_contents": [
            {"id": key, "digest": name.encode(), "version": 1, "touched_at": NOW} for name, key in CONTENTS.items()
        ],
        "media_iq_jobs": [{"content_id": key, "state": "failed"} for key in CONTENTS.values()],
        "photo_verdicts": [
            {"content_id": key, "version": "x", "rendition": "plain", "judged_at": NOW} for key in CONTENTS.values()
        ],
        "listing_media_scores": [{"listing_id": LISTINGS["private of a"][0]}],
        "listing_photos": [
            {"id": key, "listing_id": LISTINGS[name][0], "content_id": CONTENTS[name], "origin": "upload",
             "position": 1, "public_key": name, "plates": plates}
            for name, (key, plates) in PHOTOS.items()
        ],
        "photo_descriptions": [
            {"content_id": key, "version": "x", "usable": True, "described_at": NOW} for key in CONTENTS.values()
        ],
        "photo_pairs": [
            {"a": min(CONTENTS.values()), "b": max(CONTENTS.values()), "version": "x", "kind": "same_photo",
             "inliers": 1, "alike": 1.0, "covered": 1.0, "mirrored": False}
        ],
        "photo_choices": [{"org_id": ORGS["a"], "changed_at": NOW}],
        "photo_backgrounds": [
            {"content_id": CONTENTS["public of b"], "rendition": "plain", "version": "x", "tried_at": NOW}
        ],
        "photo_contests": [
            {"content_id": CONTENTS["private of a"], "other_content_id": CONTENTS["public of b"],
             "photo_id": PHOTOS["private of a"][0], "other_photo_id": PHOTOS["public of b"][0], "org_id": ORGS["a"],
             "other_org_id": ORGS["b"], "reason": "permitted"}
        ],
        "photo_appeals": [
            {"listing_id": LISTINGS["private of a"][0], "photo_id": PHOTOS["private of a"][0], "kind": "unblur"}
        ],
        "photo_uploads": [
            {"purpose": "photo", "listing_id": LISTINGS["private of a"][0], "uploader": f"person:{PEOPLE['carol']}",
             "kind": "other", "expires_at": LATER}
        ],
        "listing_documents": [
            {"listing_id": LISTINGS["private of a"][0], "uploader": f"person:{PEOPLE['carol']}", "kind": "other",
             "digest": b"", "width": 1, "height": 1}
        ],
        "leads": [
            {"id": UUID(int=95), "org_id": ORGS["a"], "listing_id": LISTINGS["private of a"][0], "make": "Toyota",
             "contact_kind": "phone", "blind_index": b"carol", "type": "message", "waiting_reason": "x"},
            {"id": UUID(int=96), "org_id": ORGS["market"], "listing_id": LISTINGS["ad of carol"][0], "make": "Toyota",
             "contact_kind": "phone", "type": "message", "owner_id": PEOPLE["carol"], "seller_id": PEOPLE["carol"]},
        ],
        "lead_clocks": [
            {"id": UUID(int=97), "lead_id": UUID(int=95), "org_id": ORGS["a"], "kind": "first_answer",
             "started_at": NOW}
        ],
        "lead_timers": [
            {"clock_id": UUID(int=97), "lead_id": UUID(int=95), "org_id": ORGS["a"], "step": "breach", "at": NOW}
        ],
        "lead_desks": [{"org_id": ORGS["a"]}],
        "engagement_aggregates": [
            _counted("dealer", str(ORGS["a"]), ORGS["a"]),
            _counted("dealer", str(ORGS["b"]), ORGS["b"]),
            _counted("model", "Toyota|Corolla", None),
        ],
        "engagement_funnels": [
            {"org_id": ORGS[org], "dimension": "dealer", "day": NOW.date(), "key": str(ORGS[org])} for org in "ab"
        ],
        "lead_events": [
            {"lead_id": UUID(int=95), "org_id": ORGS["a"], "number": 1, "kind": "buyer_message", "at": NOW,
             "by_kind": "buyer", "blind_index": b"carol"},
            {"lead_id": UUID(int=95), "org_id": ORGS["a"], "number": 2, "kind": "note", "at": NOW,
             "by_kind": "person", "blind_index": b"carol"},
            {"lead_id": UUID(int=96), "org_id": ORGS["market"], "number": 1, "kind": "note", "at": NOW,
             "by_kind": "person"},
            *(
                {"id": UUID(int=number), "lead_id": UUID(int=lead), "org_id": ORGS[org], "number": number,
                 "kind": "attachment", "at": NOW, "by_kind": "person", "blind_index": index,
                 "details": {"for_buyer": shared}}
                for number, lead, org, index, shared in ATTACHED
            ),
        ],
        "lead_attachments": [
            {"id": UUID(int=number), "lead_id": UUID(int=lead), "org_id": ORGS[org], "from_buyer": False,
             "for_buyer": shared, "content_type": "application/pdf", "blind_index": index, "sealed_content": b""}
            for number, lead, org, index, shared in ATTACHED
        ],
        "webhook_endpoints": [
            {"id": WEBHOOK, "org_id": ORGS["a"], "url": "x", "events": [], "secret": b"", "signing_key": b"",
             "public_key": ""}
        ],
        "webhook_messages": [
            {"id": WEBHOOK, "type": "x", "subject_id": WEBHOOK, "sequence": 1, "is_public": False, "payload": {}}
        ],
        "webhook_deliveries": [
            {"id": WEBHOOK, "endpoint_id": WEBHOOK, "org_id": ORGS["a"], "message_id": WEBHOOK, "subject_id": WEBHOOK,
             "sequence": 1, "due_at": NOW}
        ],
        "webhook_attempts": [
            {"delivery_id": WEBHOOK, "number": 1, "at": NOW, "milliseconds": 1, "code": "ok"}
        ],
        "moderation_cases": [
            {"listing_id": LISTINGS[name][0], "kind": "submission"} for name in ("private of a", "ad of carol")
        ],
        "moderation_marks": [{"listing_id": LISTINGS["private of a"][0], "sequence": 1, "findings": []}],
        "ledger_accounts": [
            {"id": UUID(int=96), "kind": "unallocated"},
            {"id": UUID(int=97), "kind": "buyer", "owner_id": PEOPLE["carol"]},
        ],
        "ledger_transfers": [{"id": UUID(int=98), "reference": "x", "kind": "x", "phase": "posted"}],
        "ledger_entries": [
            {"transfer_id": UUID(int=98), "account_id": UUID(int=96), "currency": "PKR", "amount_paisa": 1},
            {"transfer_id": UUID(int=98), "account_id": UUID(int=97), "currency": "PKR", "amount_paisa": -1},
        ],
        "deposits": [
            {"id": DEPOSIT, "listing_id": LISTINGS["private of a"][0], "org_id": ORGS["a"], "buyer_id": PEOPLE["carol"],
             "provider": "x", "amount_paisa": 100, "fee_paisa": 1, "state": "held", "pay_until": LATER}
        ],
        "payment_intents": [
            {"deposit_id": DEPOSIT, "provider": "x", "reference": "x", "amount_paisa": 100, "expires_at": LATER}
        ],
        "payments": [
            {"id": DEPOSIT, "provider": "x", "provider_transaction": "x", "amount_paisa": 100, "use": "hold",
             "deposit_id": DEPOSIT}
        ],
        "deposit_refunds": [
            {"deposit_id": DEPOSIT, "payment_id": DEPOSIT, "reference": "x", "kind": "asked", "amount_paisa": 1,
             "state": "due"}
        ],
        "payment_webhooks": [
            {"provider": "x", "digest": b"", "body": b"", "headers": {}, "signature": "none", "verdict": "woke"}
        ],
        "receipt_series": [{"series": "x", "last": 1}],
        "deposit_receipts": [
            {"series": "x", "number": 1, "deposit_id": DEPOSIT, "kind": "payment", "amount_paisa": 1}
        ],
        "deposit_disputes": [{"deposit_id": DEPOSIT, "amount_paisa": 1, "reason": "x"}],
        "deposit_tasks": [{"kind": "x", "subject": "x"}],
        "deposit_payouts": [{"org_id": ORGS["a"], "amount_paisa": 1}],
        "deposit_desks": [{"org_id": ORGS["a"]}],
        "settlement_lines": [
            {"provider": "x", "kind": "payment", "provider_transaction": "x", "reference": "", "amount_paisa": 1,
             "day": NOW.date(), "file_digest": "x"}
        ],
        "payment_entries": [
            {"kind": "payment", "subject_id": DEPOSIT, "provider_transaction": "x", "amount_paisa": 1}
        ],
        "live_streams": [{"id": ORGS["a"], "last_number": 1}],
        "live_events": [
            {"stream_id": ORGS["a"], "number": 1, "role": "org", "topic": "lead", "kind": "created",
             "subject_id": UUID(int=95), "sequence": 1, "payload": {}, "at": NOW}
        ],
        "work_claims": [{"loop": "x.y"}],
        "outbox_offsets": [{"consumer": "x", "snapshot": "1:1:", "updated_at": NOW}],
    }  # fmt: skip
