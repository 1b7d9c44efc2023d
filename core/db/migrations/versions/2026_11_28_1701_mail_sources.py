"""feeds: mail addresses as sources"""

from alembic import op

revision = "2026_11_28_1701"
down_revision = "2026_11_28_1700"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("ck_feed_sources_url"), "feed_sources", type_="check")
    op.create_check_constraint(
        op.f("ck_feed_sources_url"), "feed_sources", "url ~ '^((https?|sftp|ftpe?s)://|mailto:)'"
    )


def downgrade() -> None:
    op.execute("DELETE FROM feed_sources WHERE url LIKE 'mailto:%'")
    op.drop_constraint(op.f("ck_feed_sources_url"), "feed_sources", type_="check")
    op.create_check_constraint(op.f("ck_feed_sources_url"), "feed_sources", "url ~ '^(https?|sftp|ftpe?s)://'")
