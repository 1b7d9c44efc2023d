"""one-time codes, sessions, proofs of a contact"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_0331"
down_revision = "2026_11_27_0330"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ended_outside_sessions",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "session", name=op.f("pk_ended_outside_sessions")),
    )
    op.create_index("ix_ended_outside_sessions_expires_at", "ended_outside_sessions", ["expires_at"], unique=False)
    op.create_table(
        "known_devices",
        sa.Column("blind_index", sa.LargeBinary(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("blind_index", "device", name=op.f("pk_known_devices")),
    )
    op.create_table(
        "otp_challenges",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("blind_index", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("wrong_guesses", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('phone', 'email')", name=op.f("ck_otp_challenges_kind_is_known")),
        sa.CheckConstraint("purpose IN ('login', 'contact')", name=op.f("ck_otp_challenges_purpose_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_otp_challenges")),
    )
    op.create_index(
        "ix_otp_challenges_blind_index_created_at", "otp_challenges", ["blind_index", "created_at"], unique=False
    )
    op.create_index("ix_otp_challenges_expires_at", "otp_challenges", ["expires_at"], unique=False)
    op.create_table(
        "otp_guesses",
        sa.Column("blind_index", sa.LargeBinary(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("wrong", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("blind_index", "device", "day", name=op.f("pk_otp_guesses")),
    )
    op.create_table(
        "spent_proofs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spent_proofs")),
    )
    op.create_index("ix_spent_proofs_expires_at", "spent_proofs", ["expires_at"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("address_class", sa.Text(), nullable=True),
        sa.Column("generation", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.CheckConstraint("generation > 0", name=op.f("ck_sessions_generation_starts_at_one")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"], unique=False)
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_sessions_user_id", table_name="sessions")
    op.drop_index("ix_sessions_expires_at", table_name="sessions")
    op.drop_table("sessions")
    op.drop_index("ix_spent_proofs_expires_at", table_name="spent_proofs")
    op.drop_table("spent_proofs")
    op.drop_table("otp_guesses")
    op.drop_index("ix_otp_challenges_expires_at", table_name="otp_challenges")
    op.drop_index("ix_otp_challenges_blind_index_created_at", table_name="otp_challenges")
    op.drop_table("otp_challenges")
    op.drop_table("known_devices")
    op.drop_index("ix_ended_outside_sessions_expires_at", table_name="ended_outside_sessions")
    op.drop_table("ended_outside_sessions")
    # ### end Alembic commands ###
