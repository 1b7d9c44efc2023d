"""A probe for each policy: a caller, a step, and a statement that reaches a row by that policy alone."""

from core.access.principal import Principal
from core.access.tenant import Step
from tests.core.access.world import (
    ACCOUNT,
    ALICE,
    AMIR,
    CAROL,
    COPIES,
    LISTINGS,
    NOBODY,
    OF_AD,
    ORGS,
    PAT,
    PEOPLE,
    RECORDS,
    SAM,
    SYSTEM,
)

Probe = tuple[Principal, Step | None, str]
LOGIN, INVITATION, PHOTO, EXPORT, LEAD = Step.LOGIN, Step.INVITATION, Step.PHOTO, Step.EXPORT, Step.LEAD
_RECORD = "INSERT INTO audit_records (actor_kind, actor, user_id, org_id, action, subject_kind, subject_id) VALUES "
_CONTENT = "INSERT INTO photo_contents (digest, version, touched_at) VALUES ('x', 1, now())"
_EVENT = "INSERT INTO outbox_events (topic, subject_id, kind, org_id, sequence) VALUES ('photo', uuidv7(), 'x', "
_MESSAGE = (
    "INSERT INTO messages (template, language, channel, sealed_recipient, sealed_values, next_attempt_at, created_at)"
    " VALUES ('x', 'en', 'sms', '', '', now(), now())"
)


def rows(where: str) -> str:
    return f"SELECT count(*) FROM {where}"


MONEY = (
    *("ledger_accounts", "ledger_transfers", "ledger_entries", "payment_intents", "payments", "payment_webhooks"),
    *("deposit_refunds", "deposit_disputes", "deposit_payouts", "deposit_tasks", "deposit_desks", "deposit_receipts"),
    *("receipt_series", "payment_entries"),
)
_WEBHOOK = (
    "INSERT INTO webhook_messages (type, org_id, subject_id, sequence, is_public, payload)"
    f" VALUES ('y', '{ORGS['a']}', uuidv7(), 1, false, '{{}}')"
)
PARTNER, CAROLS = rows(f"orgs WHERE id = '{ORGS['partner']}'"), f"'{PEOPLE['carol']}'"
AMIRS = f"'{PEOPLE['amir']}'"
PROBES: dict[tuple[str, str], Probe] = (
    {
        ("orgs", "sellers"): (NOBODY, None, rows(f"orgs WHERE id = '{ORGS['b']}'")),
        ("orgs", "own_org"): (PAT, None, PARTNER),
        ("orgs", "staff"): (SAM, None, PARTNER),
        ("orgs", "invitation_step"): (CAROL, INVITATION, PARTNER),
        ("branches", "own_org"): (ALICE, None, rows("branches")),
        ("branches", "staff"): (SAM, None, rows("branches")),
        ("branches", "invitation_step"): (CAROL, INVITATION, rows("branches")),
        ("users", "own_person"): (CAROL, None, rows("users")),
        ("users", "of_visible_memberships"): (ALICE, None, rows(f"users WHERE id = {AMIRS}")),
        ("users", "staff"): (SAM, None, rows(f"users WHERE id = {CAROLS}")),
        ("users", "login_step"): (NOBODY, LOGIN, rows("users")),
        ("user_contacts", "own_person"): (CAROL, None, rows("user_contacts")),
        ("user_contacts", "of_visible_memberships"): (ALICE, None, rows("user_contacts")),
        ("user_contacts", "staff"): (SAM, None, rows(f"user_contacts WHERE user_id = {CAROLS}")),
        ("user_contacts", "login_step"): (NOBODY, LOGIN, rows("user_contacts")),
        ("logins", "own_person"): (CAROL, None, rows("logins")),
        ("logins", "login_step"): (NOBODY, LOGIN, rows("logins")),
        ("memberships", "own_person"): (Principal(PEOPLE["alice"]), None, rows("memberships")),
        ("memberships", "own_org"): (SYSTEM, None, rows("memberships")),
        ("memberships", "staff"): (SAM, None, rows(f"memberships WHERE org_id = '{ORGS['a']}'")),
        ("memberships", "joining"): (
            CAROL,
            INVITATION,
            f"INSERT INTO memberships (user_id, org_id, role) VALUES ({CAROLS}, '{ORGS['a']}', 'sales_agent')",
        ),
        ("membership_branches", "own_org"): (ALICE, None, rows("membership_branches")),
        ("membership_branches", "staff"): (SAM, None, rows("membership_branches")),
        ("membership_branches", "invitation_step"): (CAROL, INVITATION, rows("membership_branches")),
        ("invitations", "own_org"): (PAT, None, rows("invitations")),
        ("invitations", "staff"): (SAM, None, rows("invitations")),
        ("invitations", "invitation_step"): (CAROL, INVITATION, rows("invitations")),
        ("service_accounts", "own_org"): (ALICE, None, rows("service_accounts")),
        ("service_accounts", "staff"): (SAM, None, rows("service_accounts")),
        ("sessions", "own_person"): (CAROL, None, rows("sessions")),
        ("listings", "public_listings"): (NOBODY, None, rows("listings")),
        ("listings", "trade_listings"): (AMIR, None, rows("listings WHERE visibility = 'wholesale_public'")),
        ("listings", "own_org"): (ALICE, None, rows("listings WHERE visibility = 'private'")),
        ("listings", "staff"): (SAM, None, rows("listings WHERE visibility = 'private'")),
        ("listings", "sellers_own"): (CAROL, None, rows(f"listings WHERE seller_id = {CAROLS}")),
        ("listing_prices", "of_own_listings"): (ALICE, None, rows("listing_prices")),
        ("listing_prices", "staff"): (SAM, None, rows("listing_prices")),
        ("listing_chassis", "own_org"): (ALICE, None, rows("listing_chassis")),
        ("listing_chassis", "own_person"): (CAROL, None, rows("listing_chassis")),
        ("listing_chassis", "staff"): (SAM, None, rows("listing_chassis")),
        ("listing_contacts", "of_visible_listings"): (
            NOBODY,
            None,
            "INSERT INTO listing_contacts (event_id, listing_id, device_id)"
            f" VALUES ('{ACCOUNT}', '{LISTINGS['public of b'][0]}', 'x')",
        ),
        ("listing_photos", "of_visible_listings"): (NOBODY, None, rows("listing_photos")),
        ("listing_photos", "own_insert"): (
            ALICE,
            None,
            "INSERT INTO listing_photos (listing_id, content_id, origin, position, public_key)"
            " SELECT listing_id, content_id, origin, 99, 'x' FROM listing_photos WHERE plates = 'pending' LIMIT 1",
        ),
        ("listing_photos", "own_update"): (ALICE, None, "UPDATE listing_photos SET position = 9"),
        ("listing_photos", "own_delete"): (ALICE, None, "DELETE FROM listing_photos"),
        ("listing_photos", "staff"): (SAM, None, rows("listing_photos WHERE plates = 'pending'")),
        ("listing_photos", "photo_step"): (NOBODY, PHOTO, rows("listing_photos WHERE plates = 'pending'")),
        ("listing_photos", "copies_step"): (NOBODY, Step.COPIES, rows("listing_photos WHERE plates = 'pending'")),
        ("listings", "copies_step"): (NOBODY, Step.COPIES, rows("listings WHERE visibility = 'wholesale_public'")),
        ("photo_contents", "of_visible_listing_photos"): (NOBODY, None, rows("photo_contents")),
        ("photo_contents", "photo_step"): (NOBODY, PHOTO, _CONTENT),
        ("media_iq_jobs", "of_own_photos"): (ALICE, None, rows("media_iq_jobs")),
        ("media_iq_jobs", "staff"): (SAM, None, rows("media_iq_jobs")),
        ("photo_verdicts", "of_own_photos"): (ALICE, None, rows("photo_verdicts")),
        ("photo_verdicts", "staff"): (SAM, None, rows("photo_verdicts")),
        ("listing_media_scores", "of_own_listings"): (ALICE, None, rows("listing_media_scores")),
        ("listing_media_scores", "staff"): (SAM, None, rows("listing_media_scores")),
        ("photo_appeals", "of_own_listings"): (ALICE, None, rows("photo_appeals")),
        ("photo_appeals", "staff"): (SAM, None, rows("photo_appeals")),
        **{(table, "photo_step"): (NOBODY, PHOTO, rows(table)) for table in COPIES},
        **{(table, "copies_step"): (NOBODY, Step.COPIES, rows(table)) for table in (*COPIES, "photo_contests")},
        ("photo_choices", "everybody"): (NOBODY, None, rows("photo_choices")),
        ("photo_choices", "own_org"): (ALICE, None, "UPDATE photo_choices SET changed_at = now()"),
        ("photo_choices", "staff"): (SAM, None, "UPDATE photo_choices SET changed_at = now()"),
        ("photo_backgrounds", "of_visible_listing_photos"): (NOBODY, None, rows("photo_backgrounds")),
        ("photo_contests", "own_org"): (ALICE, None, rows("photo_contests")),
        ("photo_contests", "staff"): (SAM, None, rows("photo_contests")),
        ("photo_uploads", "of_own_listings"): (ALICE, None, rows("photo_uploads")),
        ("photo_uploads", "staff"): (SAM, None, rows("photo_uploads")),
        ("photo_uploads", "own_uploads"): (CAROL, None, rows("photo_uploads")),
        ("photo_uploads", "photo_step"): (NOBODY, PHOTO, rows("photo_uploads")),
        ("listing_documents", "of_own_listings"): (ALICE, None, rows("listing_documents")),
        ("listing_documents", "staff"): (SAM, None, rows("listing_documents")),
        ("listing_documents", "own_uploads"): (CAROL, None, rows("listing_documents")),
        ("webhook_endpoints", "own_org"): (ALICE, None, rows("webhook_endpoints")),
        ("webhook_endpoints", "staff"): (SAM, None, rows("webhook_endpoints")),
        ("webhook_deliveries", "of_visible_webhook_endpoints"): (ALICE, None, rows("webhook_deliveries")),
        ("webhook_attempts", "of_visible_webhook_deliveries"): (ALICE, None, rows("webhook_attempts")),
        ("webhook_messages", "of_visible_webhook_deliveries"): (ALICE, None, rows("webhook_messages")),
        ("webhook_messages", "own_org"): (ALICE, None, _WEBHOOK),
        ("webhook_messages", "staff"): (SAM, None, _WEBHOOK),
        ("moderation_cases", "of_own_listings"): (CAROL, None, rows("moderation_cases")),
        ("moderation_cases", "staff"): (SAM, None, rows("moderation_cases")),
        ("moderation_marks", "of_own_listings"): (ALICE, None, rows("moderation_marks")),
        ("moderation_marks", "staff"): (SAM, None, rows("moderation_marks")),
        ("live_streams", "live_step"): (NOBODY, Step.LIVE, rows("live_streams")),
        ("live_events", "live_step"): (NOBODY, Step.LIVE, rows("live_events")),
        ("erasures", "own_person"): (CAROL, None, rows("erasures")),
        ("invitations", "export_step"): (CAROL, EXPORT, rows("invitations")),
        ("price_bands", "of_visible_listings"): (NOBODY, None, rows("price_bands")),
        ("feed_files", "own_org"): (ALICE, None, rows("feed_files")),
        ("feed_files", "staff"): (SAM, None, rows("feed_files")),
        ("feed_rejects", "of_visible_feed_files"): (ALICE, None, rows("feed_rejects")),
        ("feed_requests", "own_org"): (ALICE, None, rows("feed_requests")),
        ("feed_requests", "staff"): (SAM, None, rows("feed_requests")),
        ("feed_sources", "own_org"): (ALICE, None, rows("feed_sources")),
        ("feed_sources", "staff"): (SAM, None, rows("feed_sources")),
        ("listing_removals", "of_visible_feed_files"): (ALICE, None, rows("listing_removals")),
        ("audit_records", "own_org"): (SYSTEM, None, rows("audit_records")),
        ("audit_records", "own_person"): (CAROL, None, rows("audit_records")),
        ("audit_records", "staff"): (SAM, None, rows("audit_records")),
        ("audit_records", "system_acts"): (
            SYSTEM,
            None,
            f"{_RECORD.replace('actor,', 'actor, actor_org_id,')}"
            f" ('system', 'erp', '{ORGS['a']}', NULL, '{ORGS['a']}', 'x.y', 'x', '1')",
        ),
        ("audit_records", "persons_acts"): (
            CAROL,
            None,
            f"{_RECORD} ('person', 'x', {CAROLS}, '{ORGS['b']}', 'x.y', 'x', '1')",
        ),
        ("leads", "own_org"): (AMIR, None, rows("leads")),
        ("leads", "sellers_own"): (CAROL, None, rows("leads WHERE blind_index IS NULL")),
        ("leads", "own_contact"): (CAROL, None, rows("leads WHERE blind_index = 'carol'")),
        ("leads", "lead_step"): (NOBODY, LEAD, rows("leads")),
        ("lead_events", "own_org"): (AMIR, None, rows("lead_events WHERE kind = 'note'")),
        ("lead_events", "of_sellers"): (CAROL, None, rows("lead_events WHERE kind = 'note'")),
        ("lead_events", "of_buyers"): (CAROL, None, rows("lead_events WHERE blind_index = 'carol'")),
        ("lead_events", "lead_step"): (NOBODY, LEAD, rows("lead_events WHERE kind = 'note'")),
        ("lead_attachments", "own_org"): (AMIR, None, rows("lead_attachments WHERE NOT for_buyer")),
        ("lead_attachments", "of_sellers"): (CAROL, None, rows("lead_attachments WHERE blind_index IS NULL")),
        ("lead_attachments", "of_buyers"): (CAROL, None, rows("lead_attachments WHERE blind_index = 'carol'")),
        ("lead_attachments", "lead_step"): (NOBODY, LEAD, rows("lead_attachments")),
        ("lead_clocks", "own_org"): (AMIR, None, rows("lead_clocks")),
        ("lead_clocks", "lead_step"): (NOBODY, LEAD, rows("lead_clocks")),
        ("lead_timers", "own_org"): (AMIR, None, rows("lead_timers")),
        ("lead_timers", "lead_step"): (NOBODY, LEAD, rows("lead_timers")),
        ("engagement_aggregates", "own_org"): (ALICE, None, rows("engagement_aggregates")),
        ("engagement_aggregates", "staff"): (SAM, None, rows("engagement_aggregates")),
        ("engagement_funnels", "own_org"): (ALICE, None, rows("engagement_funnels")),
        ("engagement_funnels", "staff"): (SAM, None, rows("engagement_funnels")),
        ("lead_desks", "own_org"): (AMIR, None, rows("lead_desks")),
        ("lead_desks", "lead_step"): (NOBODY, LEAD, rows("lead_desks")),
        ("outbox_events", "lead_step"): (NOBODY, LEAD, _EVENT.replace("'photo'", "'lead'") + f"'{ORGS['a']}', 1)"),
        ("audit_records", "lead_step"): (
            NOBODY,
            LEAD,
            f"{_RECORD} ('anonymous', 'x', NULL, '{ORGS['b']}', 'leads.create', 'lead', '1')",
        ),
        ("audit_records", "login_step"): (
            NOBODY,
            LOGIN,
            f"{_RECORD} ('person', 'x', {CAROLS}, NULL, 'sessions.start', 'session', '1')",
        ),
        ("audit_records", "refusal_step"): (
            NOBODY,
            Step.REFUSAL,
            f"{_RECORD} ('anonymous', 'x', NULL, NULL, 'access.refuse', 'operation', '1')",
        ),
        ("audit_records", "export_step"): (CAROL, EXPORT, rows(f"audit_records WHERE id = '{RECORDS['about carol']}'")),
        ("outbox_events", "own_org"): (ALICE, None, f"{_EVENT} '{ORGS['a']}', 1)"),
        ("outbox_events", "own_listings"): (CAROL, None, _EVENT.replace("sequence", "sequence, payload") + OF_AD),
        ("outbox_events", "staff"): (SAM, None, f"{_EVENT} '{ORGS['a']}', 1)"),
        ("outbox_events", "deposit_step"): (CAROL, Step.DEPOSIT, f"{_EVENT} '{ORGS['b']}', 1)"),
        ("listings", "deposit_step"): (
            CAROL,
            Step.DEPOSIT,
            f"UPDATE listings SET title = 'x' WHERE id = '{LISTINGS['public of b'][0]}'",
        ),
        ("deposits", "own_person"): (CAROL, None, rows("deposits")),
        ("deposits", "own_org"): (ALICE, None, rows("deposits")),
        ("messages", "known_caller"): (CAROL, None, _MESSAGE),
        ("messages", "login_step"): (NOBODY, LOGIN, _MESSAGE),
        ("notification_preferences", "own_person"): (CAROL, None, rows("notification_preferences")),
        ("notification_preferences", "lead_step"): (NOBODY, LEAD, rows("notification_preferences")),
        ("popular_searches", "everybody"): (NOBODY, None, rows("popular_searches")),
        ("recent_searches", "own_person"): (CAROL, None, rows("recent_searches")),
        ("saved_searches", "own_person"): (CAROL, None, rows("saved_searches")),
        ("saved_search_matches", "own_searches"): (CAROL, None, rows("saved_search_matches")),
        ("push_devices", "own_person"): (CAROL, None, rows("push_devices")),
        ("push_devices", "login_step"): (NOBODY, LOGIN, rows("push_devices")),
        ("idempotent_answers", "own_requests"): (CAROL, None, rows("idempotent_answers")),
        ("work_claims", "everybody"): (NOBODY, None, "SELECT count(loop) FROM work_claims"),
    }
    | {
        (table, "login_step"): (NOBODY, LOGIN, rows(table))
        for table in (
            "sessions",
            "otp_challenges",
            "otp_guesses",
            "known_devices",
            "ended_outside_sessions",
            "spent_proofs",
        )
    }
    | {
        (table, "export_step"): (CAROL, EXPORT, rows(table))
        for table in ("otp_challenges", "otp_guesses", "known_devices", "messages")
    }
    | {(table, "staff"): (SAM, None, rows(table)) for table in (*MONEY, "deposits", "settlement_lines")}
    | {(table, "deposit_step"): (NOBODY, Step.DEPOSIT, rows(table)) for table in (*MONEY, "deposits")}
    | {
        ("lead_events", "export_step"): (CAROL, EXPORT, rows("lead_events WHERE by_kind = 'person' AND number = 2")),
    }
    | {
        (table, "everybody"): (NOBODY, None, rows(table))
        for table in ("market_index", "price_models", "sale_models", "outbox_offsets")
    }
)
