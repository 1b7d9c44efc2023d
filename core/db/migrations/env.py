"""Alembic's entry: takes the connection that `core.db.migrate` hands over."""

from alembic import context

from core.db.base import Base
from core.db.tables import register_tables

register_tables()
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    compare_server_default=False,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
