"""photos are judged: jobs, verdicts, and what is decided about the plates of each listing's photo"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_1151"
down_revision = "2026_11_27_1150"
branch_labels = None
depends_on = None

_JSON = postgresql.JSONB(astext_type=sa.Text())
_TIME = sa.DateTime(timezone=True)
_OWNERS = "SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
# Whatever adds a photo, or changes what it shows, thereby asks for a verdict; a content is not judged twice.
_ASK = f"""
CREATE FUNCTION listing_photos_ask() RETURNS trigger LANGUAGE plpgsql {_OWNERS} AS $$
BEGIN
  INSERT INTO media_iq_jobs AS j (content_id, priority)
  SELECT content_id, min(CASE plates WHEN 'pending' THEN 0 ELSE 1 END) FROM changed
  WHERE judged_at IS NULL AND content_id IS NOT NULL GROUP BY content_id ORDER BY content_id
  ON CONFLICT (content_id) WHERE photo_id IS NULL DO UPDATE SET priority = 0
    WHERE excluded.priority = 0 AND j.priority > 0;
  INSERT INTO media_iq_jobs (content_id, photo_id)
  SELECT content_id, id FROM changed
  WHERE judged_at IS NULL AND content_id IS NOT NULL AND hand_boxes IS NOT NULL ORDER BY id
  ON CONFLICT (photo_id) WHERE photo_id IS NOT NULL DO UPDATE SET content_id = excluded.content_id, state = 'waiting',
    token = NULL, lease_until = NULL, attempts = 0, claims = 0, code = NULL, ended_at = NULL;
  RETURN NULL;
END $$
"""


def _count(shown: str) -> str:
    return f"""
CREATE OR REPLACE FUNCTION listing_photos_count() RETURNS trigger LANGUAGE plpgsql {_OWNERS} AS $$
BEGIN
  UPDATE listings l SET photo_count = c.shown
  FROM (SELECT touched.listing_id, count(p.id) FILTER (WHERE p.removed_at IS NULL AND {shown}) AS shown
        FROM (SELECT DISTINCT listing_id FROM changed) touched
        LEFT JOIN listing_photos p ON p.listing_id = touched.listing_id GROUP BY touched.listing_id) c
  WHERE l.id = c.listing_id AND l.photo_count <> c.shown;
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "media_iq_jobs",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("priority", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("claims", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("token", sa.Uuid(), nullable=True),
        sa.Column("lease_until", _TIME, nullable=True),
        sa.Column("heartbeat_at", _TIME, nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("created_at", _TIME, server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed')", name=op.f("ck_media_iq_jobs_state_is_known")
        ),
        sa.CheckConstraint(
            "(state = 'running') = (token IS NOT NULL)", name=op.f("ck_media_iq_jobs_running_has_token")
        ),
        sa.ForeignKeyConstraint(
            ["content_id"],
            ["photo_contents.id"],
            name=op.f("fk_media_iq_jobs_content_id_photo_contents"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["photo_id"],
            ["listing_photos.id"],
            name=op.f("fk_media_iq_jobs_photo_id_listing_photos"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_iq_jobs")),
    )
    for name, columns, unique, where in (
        ("uq_media_iq_jobs_content_id", ["content_id"], True, "photo_id IS NULL"),
        ("uq_media_iq_jobs_photo_id", ["photo_id"], True, "photo_id IS NOT NULL"),
        ("ix_media_iq_jobs_open", ["priority", "id"], False, "state IN ('waiting', 'running')"),
        ("ix_media_iq_jobs_failed", ["ended_at"], False, "state = 'failed'"),
    ):
        op.create_index(name, "media_iq_jobs", columns, unique=unique, postgresql_where=sa.text(where))
    op.create_table(
        "photo_verdicts",
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("vehicle", sa.REAL(), nullable=True),
        sa.Column("plates", _JSON, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("rendition", sa.Text(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=True),
        sa.Column("codes", _JSON, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("measures", _JSON, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("scene", sa.Text(), nullable=True),
        sa.Column("judged_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"],
            ["photo_contents.id"],
            name=op.f("fk_photo_verdicts_content_id_photo_contents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("content_id", name=op.f("pk_photo_verdicts")),
    )
    op.add_column("listing_photos", sa.Column("rendition", sa.Text(), nullable=True))
    op.add_column("listing_photos", sa.Column("judged_at", _TIME, nullable=True))
    op.add_column(
        "listing_photos", sa.Column("unblurred", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("listing_photos", sa.Column("hand_boxes", _JSON, nullable=True))
    op.execute(_count("p.plates IN ('done', 'waived')"))
    # Nothing has set `done` so far: such a photo waits for a verdict as others do.
    op.execute("UPDATE listing_photos SET plates = 'pending' WHERE plates = 'done'")
    op.drop_constraint(op.f("ck_listing_photos_plates_is_known"), "listing_photos", type_="check")
    op.create_check_constraint(
        op.f("ck_listing_photos_plates_is_known"), "listing_photos", "plates IN ('pending', 'done', 'waived', 'held')"
    )
    op.create_check_constraint(
        op.f("ck_listing_photos_done_has_rendition"), "listing_photos", "(plates = 'done') = (rendition IS NOT NULL)"
    )
    op.create_index(
        "ix_listing_photos_undecided",
        "listing_photos",
        ["content_id"],
        postgresql_where=sa.text("judged_at IS NULL AND content_id IS NOT NULL"),
    )
    op.execute(_ASK)
    for command in ("insert", "update"):
        op.execute(
            f"CREATE TRIGGER ask_after_{command} AFTER {command} ON listing_photos REFERENCING NEW TABLE AS changed"
            " FOR EACH STATEMENT EXECUTE FUNCTION listing_photos_ask()"
        )
    op.execute(
        "INSERT INTO media_iq_jobs (content_id, priority) SELECT DISTINCT content_id, 1 FROM listing_photos"
        " WHERE content_id IS NOT NULL ORDER BY content_id"
    )


def downgrade() -> None:
    for command in ("insert", "update"):
        op.execute(f"DROP TRIGGER ask_after_{command} ON listing_photos")
    op.execute("DROP FUNCTION listing_photos_ask()")
    op.drop_index(
        "ix_listing_photos_undecided",
        table_name="listing_photos",
        postgresql_where=sa.text("judged_at IS NULL AND content_id IS NOT NULL"),
    )
    op.drop_constraint(op.f("ck_listing_photos_done_has_rendition"), "listing_photos", type_="check")
    op.drop_constraint(op.f("ck_listing_photos_plates_is_known"), "listing_photos", type_="check")
    # An older platform would serve the clear variants of photos that are covered or held back now.
    op.execute("UPDATE listing_photos SET plates = 'pending' WHERE plates IN ('done', 'held')")
    op.create_check_constraint(
        op.f("ck_listing_photos_plates_is_known"), "listing_photos", "plates IN ('pending', 'done', 'waived')"
    )
    op.execute(_count("p.plates <> 'pending'"))
    for column in ("hand_boxes", "unblurred", "judged_at", "rendition"):
        op.drop_column("listing_photos", column)
    op.drop_table("photo_verdicts")
    op.drop_table("media_iq_jobs")
