"""On PostgreSQL jobs wait in Procrastinate's tables, as its 3.10 makes them; ours for them is not needed there.

Its history of each job is not kept: a job is gone when it is done, and the history with it. Writing it costs as much
as a quarter of the job.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OF_THE_HISTORY = (
    "procrastinate_trigger_status_events_insert_v1",
    "procrastinate_trigger_status_events_update_v1",
    "procrastinate_trigger_scheduled_events_v1",
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    from procrastinate.schema import SchemaManager  # noqa: PLC0415 - who has only SQLite need not have it

    op.drop_table("jobs")
    # Many statements in one go, which the driver takes only where none has a parameter.
    connection.exec_driver_sql(SchemaManager.get_schema(), execution_options={"no_parameters": True})
    op.create_index(
        "ix_procrastinate_jobs_key",
        "procrastinate_jobs",
        [sa.text("(args ->> 'key')")],
        postgresql_where=sa.text("status = 'todo'"),
    )
    for trigger in OF_THE_HISTORY:
        op.execute(f"ALTER TABLE procrastinate_jobs DISABLE TRIGGER {trigger}")
