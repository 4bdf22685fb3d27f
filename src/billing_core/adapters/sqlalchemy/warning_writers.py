"""How fraud warnings are written: the statements, and the rows for them."""

from typing import Any

from sqlalchemy import Executable, bindparam, func, update

from billing_core.adapters.books.writes import RecordWrite
from billing_core.adapters.sqlalchemy.rows import Insert, Values, micros
from billing_core.adapters.sqlalchemy.tables import fraud_warnings
from billing_core.domain.fraud import WarningStatus
from billing_core.ports.records import WarningKept, WarningNoted


def keep_warning(insert: Insert) -> Executable:
    """The first one stays, with what a person made of it."""
    told = insert(fraud_warnings)
    upsert: Executable = told.on_conflict_do_update(
        index_elements=list(fraud_warnings.primary_key), set_={"actionable": told.excluded.actionable}
    )
    return upsert


def note_warning() -> Executable:
    """None leaves a column as it was."""
    kept: dict[str, Any] = {
        name: func.coalesce(bindparam(f"new_{name}"), fraud_warnings.c[name]) for name in ("status", "notes")
    }
    return (
        update(fraud_warnings)
        .where(
            fraud_warnings.c.account_id == bindparam("of_account"),
            fraud_warnings.c.id == bindparam("of_warning"),
        )
        .values(updated_at=bindparam("new_updated_at"), updated_by=bindparam("new_updated_by"), **kept)
    )


def kept_row(write: RecordWrite) -> Values:
    kept: WarningKept = write.record
    return {
        "account_id": write.account_id,
        "id": kept.id,
        "payment": kept.payment,
        "kind": kept.kind,
        "risk": kept.risk.value,
        "policy": kept.policy.value,
        "actionable": kept.actionable,
        "at": micros(kept.at),
        "status": WarningStatus.OPEN.value,
        "notes": "",
        "updated_at": None,
        "updated_by": None,
    }


def noted_row(write: RecordWrite) -> Values:
    noted: WarningNoted = write.record
    return {
        "of_account": write.account_id,
        "of_warning": noted.id,
        "new_status": None if noted.status is None else noted.status.value,
        "new_notes": noted.notes,
        "new_updated_at": micros(noted.at),
        "new_updated_by": noted.by,
    }
