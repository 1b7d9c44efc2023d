"""feeds: sources on FTP servers with TLS, and the code of a source's last failure"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_1700"
down_revision = "2026_11_28_1600"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("ck_feed_sources_url"), "feed_sources", type_="check")
    op.create_check_constraint(op.f("ck_feed_sources_url"), "feed_sources", "url ~ '^(https?|sftp|ftpe?s)://'")
    op.add_column("feed_sources", sa.Column("last_code", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("feed_sources", "last_code")
    op.execute("DELETE FROM feed_sources WHERE url LIKE 'ftp%'")
    op.drop_constraint(op.f("ck_feed_sources_url"), "feed_sources", type_="check")
    op.create_check_constraint(op.f("ck_feed_sources_url"), "feed_sources", "url ~ '^(https?|sftp)://'")
