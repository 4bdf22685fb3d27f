"""Whatever may be asked by the OpenAPI document, and much that may not, is answered as the document says."""

import click
import pytest
from attrs import evolve
from litestar.testing import TestClient

from billing_core.entrypoints.http import build_app
from billing_core.entrypoints.lifespan import Parts, running
from billing_core.testing.images import PlainImages
from tests.fuzz.operations import BASE_URL, Fuzz, World
from tests.shops.http import SETTINGS

DOORS = evolve(SETTINGS, old_urls=True)
SHORT, LONG = 4, 300


@pytest.mark.failure("E5", "E13")
@pytest.mark.parametrize("examples", [SHORT, pytest.param(LONG, marks=pytest.mark.long)])
def test_every_operation_answers_as_the_document_says(examples: int) -> None:
    app = build_app(DOORS, lambda: running(DOORS, Parts(images=PlainImages())))
    with TestClient(app, base_url=BASE_URL) as client:
        document = client.get("/schema/openapi.json").json()
        fuzz = Fuzz(World.of(client), examples)
        fuzz.run(document)

    click.echo(f"{fuzz.answers.total()} cases, by status: {dict(sorted(fuzz.answers.items()))}")
    assert [] == fuzz.faults
    assert [] == [status for status in fuzz.answers if status >= 500]
    assert fuzz.answers[200] > fuzz.answers.total() / 10
