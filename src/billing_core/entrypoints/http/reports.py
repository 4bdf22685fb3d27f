"""Reports, for operators."""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Annotated

from litestar import Controller, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, OpenAPIType, Operation, Schema
from litestar.params import FromPath, QueryParameter

from billing_core.application.summing_up import ReportName
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.auth import only_admins
from billing_core.entrypoints.http.shapes import problems
from billing_core.entrypoints.reports import ReportShape, csv_of, file_name_of, report_of


class Format(Enum):
    """What a report is told in."""

    JSON = "json"
    CSV = "csv"


First = Annotated[date | None, QueryParameter(name="from")]
Last = Annotated[date | None, QueryParameter(name="to")]
Wanted = Annotated[Format, QueryParameter(name="format")]


@dataclass
class InTwoFormats(Operation):
    """Describes the rows too, beside the report as JSON."""

    def __post_init__(self) -> None:
        told = (self.responses or {})["200"]
        if isinstance(told, OpenAPIResponse) and told.content is not None:
            told.content["text/csv"] = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))


class Reports(Controller):
    """`/admin/reports`"""

    path = "/admin/reports"
    guards = (only_admins,)
    tags = ("Admin",)

    @get(
        "/{name:str}",
        operation_class=InTwoFormats,
        responses={
            200: ResponseSpec(ReportShape, generate_examples=False, description="The report; or its rows as text/csv"),
            **problems(401, 403, 404, 422, 503),
        },
    )
    async def show(
        self,
        *,
        name: FromPath[ReportName],
        summing_up: given.SummingUp,
        first: First = None,
        last: Last = None,
        wanted: Wanted = Format.JSON,
    ) -> Response[ReportShape | str]:
        """The report of that name. Days are in UTC, both included; without them, the last 30 until today."""
        report = await summing_up(name, first=first, last=last)
        if wanted is Format.JSON:
            return Response(report_of(report))
        headers = {"Content-Disposition": f'attachment; filename="{file_name_of(report)}"'}
        return Response(csv_of(report), media_type="text/csv", headers=headers)
