"""Alembic runs this for every migration, within a transaction that the caller has begun."""

from alembic import context

from pages.parts.journal.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
