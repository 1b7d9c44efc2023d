"""moderation: cases of listings in review, opened and closed by the state itself, and marks on dealers' cars"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_1050"
down_revision = "2026_11_27_1000"
branch_labels = None
depends_on = None

# Whoever moves a listing, by whatever statement, opens and closes its case. Who decided follows from whose word the
# new state is.
_FOLLOW = """
CREATE FUNCTION moderation_follow_state() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  decider text := CASE WHEN NEW.status IN ('live', 'rejected')
    THEN CASE NEW.state_by WHEN 'platform' THEN 'rules' ELSE 'person' END END;
  came_from text := CASE TG_OP WHEN 'UPDATE' THEN OLD.status END;
BEGIN
  IF came_from = 'in_review' THEN
    UPDATE moderation_cases SET closed_at = statement_timestamp(), decided_by = decider,
      outcome = CASE NEW.status WHEN 'live' THEN 'approved' WHEN 'rejected' THEN 'rejected' ELSE 'left' END
    WHERE listing_id = NEW.id AND closed_at IS NULL;
  ELSIF NEW.status = 'in_review' THEN
    INSERT INTO moderation_cases (listing_id, seller_id, kind) VALUES (NEW.id, NEW.seller_id,
      CASE WHEN came_from IS DISTINCT FROM 'live' THEN 'submission' WHEN NEW.state_by = 'platform' THEN 'edit'
        ELSE 'recall' END);
  ELSIF NEW.status = 'rejected' THEN
    INSERT INTO moderation_cases (listing_id, seller_id, kind, closed_at, outcome, decided_by)
    VALUES (NEW.id, NEW.seller_id, 'recall', statement_timestamp(), 'rejected', decider);
  ELSE
    INSERT INTO moderation_cases (listing_id, seller_id, kind, closed_at, outcome, decided_by)
    VALUES (NEW.id, NEW.seller_id, 'recall', statement_timestamp(), 'approved', decider);
  END IF;
  RETURN NULL;
END $$
"""
_ON_UPDATE = """
CREATE TRIGGER moderation_follow_state AFTER UPDATE OF status ON listings FOR EACH ROW
WHEN (OLD.status <> NEW.status AND (OLD.status = 'in_review' OR NEW.status IN ('in_review', 'rejected')
  OR (OLD.status = 'rejected' AND NEW.status = 'live')))
EXECUTE FUNCTION moderation_follow_state()
"""
_ON_INSERT = """
CREATE TRIGGER moderation_follow_new AFTER INSERT ON listings FOR EACH ROW
WHEN (NEW.status = 'in_review') EXECUTE FUNCTION moderation_follow_state()
"""
_JSON = postgresql.JSONB(astext_type=sa.Text())
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "moderation_cases",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("opened_at", _TIME, server_default=sa.text("now()"), nullable=False),
        sa.Column("judged_sequence", sa.BigInteger(), nullable=True),
        sa.Column("findings", _JSON, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.Column("closed_at", _TIME, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reasons", _JSON, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("told_at", _TIME, nullable=True),
        sa.CheckConstraint(
            "kind IN ('submission', 'edit', 'recall', 'appeal')", name=op.f("ck_moderation_cases_kind_is_known")
        ),
        sa.CheckConstraint(
            "outcome IN ('approved', 'rejected', 'left')", name=op.f("ck_moderation_cases_outcome_is_known")
        ),
        sa.CheckConstraint("decided_by IN ('rules', 'person')", name=op.f("ck_moderation_cases_decided_by_is_known")),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_moderation_cases_closed_has_outcome")
        ),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_moderation_cases_listing_id_listings")),
        sa.ForeignKeyConstraint(["seller_id"], ["users.id"], name=op.f("fk_moderation_cases_seller_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_cases")),
    )
    for name, columns, unique, where in (
        ("uq_moderation_cases_open", ["listing_id"], True, "closed_at IS NULL"),
        ("ix_moderation_cases_listing_id", ["listing_id", "id"], False, None),
        ("ix_moderation_cases_queue", ["id"], False, "closed_at IS NULL"),
        ("ix_moderation_cases_closed_at", ["closed_at"], False, "closed_at IS NOT NULL"),
        ("ix_moderation_cases_seller_id", ["seller_id"], False, "seller_id IS NOT NULL"),
        (
            "ix_moderation_cases_untold",
            ["id"],
            False,
            "told_at IS NULL AND seller_id IS NOT NULL AND decided_by IS NOT NULL",
        ),
    ):
        condition = None if where is None else sa.text(where)
        op.create_index(name, "moderation_cases", columns, unique=unique, postgresql_where=condition)
    op.create_table(
        "moderation_marks",
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("findings", _JSON, nullable=False),
        sa.Column("marked_at", _TIME, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_moderation_marks_listing_id_listings")),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_moderation_marks")),
    )
    # Listings that wait already have waited since their last change.
    op.execute(
        "INSERT INTO moderation_cases (listing_id, seller_id, kind, opened_at)"
        " SELECT id, seller_id, 'submission', updated_at FROM listings WHERE status = 'in_review' ORDER BY updated_at"
    )
    for statement in (_FOLLOW, _ON_UPDATE, _ON_INSERT):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER moderation_follow_state ON listings")
    op.execute("DROP TRIGGER moderation_follow_new ON listings")
    op.execute("DROP FUNCTION moderation_follow_state()")
    op.drop_table("moderation_marks")
    op.drop_table("moderation_cases")
