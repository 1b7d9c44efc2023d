"""upload tokens become service accounts with the one scope feeds.upload; those that were given out stay valid"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_0540"
down_revision = "2026_11_27_0341"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The end of an id is random: names of one organisation do not meet.
    op.execute(
        """
        INSERT INTO service_accounts (id, org_id, name, scopes, secret_digest, created_at, revoked_at)
        SELECT id, org_id, 'upload token ' || right(id::text, 12), 'feeds.upload', decode(token_hash, 'hex'),
          created_at, revoked_at
        FROM upload_tokens
        """
    )
    op.drop_table("upload_tokens")


def downgrade() -> None:
    op.create_table(
        "upload_tokens",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["orgs.id"], name=op.f("fk_upload_tokens_org_id_orgs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_upload_tokens_token_hash")),
    )
    op.create_index(op.f("ix_upload_tokens_org_id"), "upload_tokens", ["org_id"])
    op.execute(
        """
        INSERT INTO upload_tokens (id, org_id, token_hash, created_at, revoked_at)
        SELECT id, org_id, encode(secret_digest, 'hex'), created_at, revoked_at
        FROM service_accounts WHERE scopes = 'feeds.upload'
        """
    )
    op.execute("DELETE FROM service_accounts WHERE scopes = 'feeds.upload'")
