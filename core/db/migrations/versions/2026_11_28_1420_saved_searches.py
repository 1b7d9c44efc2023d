"""search: saved searches, the cars that they found, and the messages about them that were overtaken"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_28_1420"
down_revision = "2026_11_28_1401"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("understood", postgresql.JSONB(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("new_match", sa.Boolean(), nullable=False),
        sa.Column("price_drop", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("keys", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("make", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("model", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("variant", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("city", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("province", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("body", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("fuel", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("transmission", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("assembly", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("color", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("drive", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("seats", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("registered_in", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("dealer", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("deal_rating", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("place", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("has_photos", sa.Boolean(), nullable=True),
        sa.Column("has_good_photos", sa.Boolean(), nullable=True),
        sa.Column("year_min", sa.BigInteger(), nullable=True),
        sa.Column("year_max", sa.BigInteger(), nullable=True),
        sa.Column("price_min", sa.BigInteger(), nullable=True),
        sa.Column("price_max", sa.BigInteger(), nullable=True),
        sa.Column("mileage_min", sa.BigInteger(), nullable=True),
        sa.Column("mileage_max", sa.BigInteger(), nullable=True),
        sa.Column("engine_cc_min", sa.BigInteger(), nullable=True),
        sa.Column("engine_cc_max", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("channel IN ('automart', 'autotrader')", name=op.f("ck_saved_searches_channel_is_known")),
        sa.CheckConstraint(
            "frequency IN ('instant', 'daily', 'off')", name=op.f("ck_saved_searches_frequency_is_known")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["orgs.id"], name=op.f("fk_saved_searches_org_id_orgs")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_saved_searches_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
    )
    op.create_index("ix_saved_searches_due_at", "saved_searches", ["due_at"], postgresql_where="due_at IS NOT NULL")
    op.create_index(
        "ix_saved_searches_keys",
        "saved_searches",
        ["keys"],
        postgresql_using="gin",
        postgresql_where="words = '' AND frequency <> 'off'",
    )
    op.create_index("ix_saved_searches_user_id", "saved_searches", ["user_id"])
    op.create_index(
        "ix_saved_searches_words", "saved_searches", ["words"], postgresql_where="words <> '' AND frequency <> 'off'"
    )
    op.create_table(
        "saved_search_matches",
        sa.Column("search_id", sa.Uuid(), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("price_pkr", sa.BigInteger(), nullable=True),
        sa.Column("was_pkr", sa.BigInteger(), nullable=True),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('new', 'price_drop')", name=op.f("ck_saved_search_matches_kind_is_known")),
        sa.ForeignKeyConstraint(
            ["search_id"],
            ["saved_searches.id"],
            name=op.f("fk_saved_search_matches_search_id_saved_searches"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("search_id", "listing_id", name=op.f("pk_saved_search_matches")),
    )
    op.create_index(
        "ix_saved_search_matches_matched_at", "saved_search_matches", ["matched_at"], postgresql_using="brin"
    )
    op.create_index(
        "ix_messages_overtaken_topic",
        "messages",
        ["topic"],
        postgresql_where=sa.text("state = 'dropped' AND last_error = 'no_longer_true'"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_messages_overtaken_topic",
        table_name="messages",
        postgresql_where=sa.text("state = 'dropped' AND last_error = 'no_longer_true'"),
    )
    op.drop_index("ix_saved_search_matches_matched_at", table_name="saved_search_matches")
    op.drop_table("saved_search_matches")
    op.drop_index(
        "ix_saved_searches_words", table_name="saved_searches", postgresql_where="words <> '' AND frequency <> 'off'"
    )
    op.drop_index("ix_saved_searches_user_id", table_name="saved_searches")
    op.drop_index(
        "ix_saved_searches_keys",
        table_name="saved_searches",
        postgresql_using="gin",
        postgresql_where="words = '' AND frequency <> 'off'",
    )
    op.drop_index("ix_saved_searches_due_at", table_name="saved_searches", postgresql_where="due_at IS NOT NULL")
    op.drop_table("saved_searches")
