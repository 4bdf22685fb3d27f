"""Reports as JSON, as CSV, and as text for people."""

import csv
import io
from datetime import date, datetime

import msgspec

from billing_core.application.summing_up import Report


class ReportShape(msgspec.Struct, kw_only=True, rename={"first": "from", "last": "to"}):
    """A report: its rows under the names of its columns. `from` and `to` are days in UTC, both included, and null where
    it tells how things stand now. `left_out` accounts cannot be read, so what happened to them lately is not in it."""

    name: str
    at: datetime
    first: date | None
    last: date | None
    columns: list[str]
    data: list[dict[str, str | int | None]]
    left_out: int


def report_of(report: Report) -> ReportShape:
    """The report for a program."""
    return ReportShape(
        name=report.name.value,
        at=report.at,
        first=report.first,
        last=report.last,
        columns=list(report.columns),
        data=[dict(zip(report.columns, map(_plain, row), strict=True)) for row in report.rows],
        left_out=report.left_out,
    )


def csv_of(report: Report) -> str:
    """The report for a spreadsheet (RFC 4180): a line of names, then the rows. What is null is empty."""
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    lines.writerow(report.columns)
    lines.writerows(report.rows)
    return text.getvalue()


def file_name_of(report: Report) -> str:
    """What the report's file is called."""
    days = f"{report.at.date()}" if report.first is None else f"{report.first}-to-{report.last}"
    return f"{report.name.value}-{days}.csv"


def _plain(cell: str | int | date | None) -> str | int | None:
    return cell.isoformat() if isinstance(cell, date) else cell
