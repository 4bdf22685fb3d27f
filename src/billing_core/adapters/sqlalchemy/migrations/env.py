"""What Alembic runs. The caller's connection and transaction are used as they are; see `migrate.upgrade`."""

from alembic import context

from billing_core.adapters.sqlalchemy.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
