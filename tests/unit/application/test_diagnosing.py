"""What the doctor finds."""

from datetime import datetime, timedelta

import pytest
from attrs import define, evolve, frozen

from billing_core.adapters.system import FixedClock
from billing_core.application.diagnosing import (
    Check,
    Diagnosing,
    Finding,
    KeepingImages,
    Level,
    ListeningToTheGateway,
    ReachingTheGateway,
    StockingTheGateway,
    WatchingModels,
    ok,
    warning,
)
from billing_core.domain.catalog import CatalogVersion
from billing_core.ports.errors import GatewayRefused, Unavailable
from billing_core.ports.gateway_setup import WebhookEndpoint
from billing_core.ports.model_watch import ModelProblem, ModelStanding
from billing_core.ports.shelf import Deed, ShelfChange
from billing_core.testing.builders import NEW_YEAR, a_catalog
from tests.shops.use_case import Shelf as Store

A_MONTH = timedelta(days=30)
PATH = "/api/v1/subscriptions/webhook"
GOOD = WebhookEndpoint(
    url=f"https://shop.example{PATH}",
    enabled=True,
    missing=(),
    version="2026-10-28.endive",
    is_version_known=True,
)


@frozen
class Setup:
    """A gateway that is set up so."""

    at: datetime | None = NEW_YEAR
    listed: tuple[WebhookEndpoint, ...] = ()

    async def server_time(self) -> datetime | None:
        return self.at

    async def endpoints(self) -> tuple[WebhookEndpoint, ...]:
        return self.listed


@define
class Shelf:
    """A shelf that differs so."""

    differing: tuple[ShelfChange, ...] = ()

    async def compare(self, version: CatalogVersion) -> tuple[ShelfChange, ...]:
        return self.differing

    async def mend(self, change: ShelfChange, version: CatalogVersion) -> None:
        raise AssertionError("the doctor changes nothing")


async def found(**checks: Check) -> list[Finding]:
    return [finding async for finding in Diagnosing(checks)()]


async def levels(check: Check) -> list[Level]:
    return [finding.level for finding in await check()]


async def test_findings_are_told_by_check_and_in_order() -> None:
    async def one() -> tuple[Finding, ...]:
        return (ok("fine"), warning("hm", "do this"))

    async def two() -> tuple[Finding, ...]:
        return (ok("fine too"),)

    told = [(finding.check, finding.text) for finding in await found(one=one, two=two)]

    assert [("one", "fine"), ("one", "hm"), ("two", "fine too")] == told


@pytest.mark.parametrize("problem", [Unavailable("Stripe"), GatewayRefused("401"), OSError("gone"), ValueError("no")])
async def test_a_check_that_fails_is_a_finding_and_hides_no_other(problem: Exception) -> None:
    async def fails() -> tuple[Finding, ...]:
        raise problem

    async def works() -> tuple[Finding, ...]:
        return (ok("fine"),)

    broken, fine = await found(fails=fails, works=works)

    assert (Level.ERROR, str(problem)) == (broken.level, broken.text)
    assert broken.mend
    assert Level.OK is fine.level


@pytest.mark.parametrize(
    ("apart", "level"),
    [
        (timedelta(0), Level.OK),
        (timedelta(seconds=30), Level.OK),
        (timedelta(seconds=-31), Level.OK),
        (timedelta(seconds=31), Level.WARNING),
        (timedelta(seconds=-32), Level.WARNING),
        (timedelta(seconds=301), Level.ERROR),
        (timedelta(seconds=-302), Level.ERROR),
    ],
)
async def test_a_clock_that_is_off_is_told_before_webhooks_are_refused(apart: timedelta, level: Level) -> None:
    """The gateway's seconds are cut off, so being one behind is no difference."""
    assert [level] == await levels(ReachingTheGateway(Setup(NEW_YEAR + apart), FixedClock(NEW_YEAR)))


async def test_a_gateway_that_tells_no_time_is_reached_all_the_same() -> None:
    assert [Level.OK] == await levels(ReachingTheGateway(Setup(None), FixedClock(NEW_YEAR)))


@pytest.mark.parametrize(
    ("endpoint", "level", "text"),
    [
        (GOOD, Level.OK, "every event"),
        (evolve(GOOD, enabled=False), Level.ERROR, "disabled"),
        (evolve(GOOD, missing=("invoice.paid",)), Level.ERROR, "not sent invoice.paid"),
        (evolve(GOOD, version="2031-01-01.zebra", is_version_known=False), Level.WARNING, "2031-01-01.zebra"),
        (evolve(GOOD, version=None, is_version_known=False), Level.WARNING, "the account's default"),
        (evolve(GOOD, url="https://shop.example/other"), Level.ERROR, "no webhook endpoint"),
    ],
)
async def test_what_is_wrong_with_the_webhook_endpoint_is_told(
    endpoint: WebhookEndpoint, level: Level, text: str
) -> None:
    (finding,) = await ListeningToTheGateway(Setup(listed=(endpoint,)), (PATH,), is_live=True)()

    assert level is finding.level
    assert text in finding.text


async def test_in_test_mode_webhooks_may_be_forwarded_by_hand() -> None:
    (finding,) = await ListeningToTheGateway(Setup(), (PATH,), is_live=False)()

    assert Level.WARNING is finding.level
    assert "stripe listen" in finding.mend


async def test_endpoints_of_others_and_disabled_twins_are_passed_over() -> None:
    others = (evolve(GOOD, url="https://shop.example/erp", missing=("invoice.paid",)), evolve(GOOD, enabled=False))

    assert [Level.OK] == await levels(ListeningToTheGateway(Setup(listed=(*others, GOOD)), (PATH,), is_live=True))


async def test_an_endpoint_at_any_path_that_is_heard_is_ours() -> None:
    old = evolve(GOOD, url="https://shop.example/stripe/webhook")

    assert [Level.OK] == await levels(
        ListeningToTheGateway(Setup(listed=(old,)), (PATH, "/stripe/webhook"), is_live=True)
    )


async def test_each_difference_of_the_shelf_is_an_error_that_names_the_command() -> None:
    change = ShelfChange(deed=Deed.CREATE, thing="price", key="basic-month", detail="10.00 USD a month")
    version = a_catalog().current

    (finding,) = await StockingTheGateway(Shelf((change,)), version)()

    assert (Level.ERROR, "create price basic-month: 10.00 USD a month") == (finding.level, finding.text)
    assert "sync-products" in finding.mend
    assert [Level.OK] == await levels(StockingTheGateway(Shelf(), version))


async def test_an_image_store_is_written_read_and_left_as_it_was() -> None:
    store = Store()

    assert [Level.OK] == await levels(KeepingImages(store))
    assert {} == store.kept


class Forgetful(Store):
    async def get(self, key: str) -> bytes | None:
        return None


class Secretive(Store):
    async def keys(self, folder: str) -> tuple[str, ...]:
        return ()


class Faithful(Store):
    async def delete(self, key: str) -> None:
        pass


@pytest.mark.parametrize("store", [Forgetful(), Secretive(), Faithful()])
async def test_an_image_store_that_forgets_or_hides_or_keeps_what_is_deleted_is_an_error(store: Store) -> None:
    assert [Level.ERROR] == await levels(KeepingImages(store))


@frozen
class Watch:
    """Providers whose models stand so."""

    standing: tuple[ModelStanding, ...]

    async def standings(self) -> tuple[ModelStanding, ...]:
        return self.standing


def a_model(problem: ModelProblem | None = None, retires_at: datetime | None = None) -> ModelStanding:
    return ModelStanding(model="flux", provider="deepinfra", name="FLUX-1", problem=problem, retires_at=retires_at)


@pytest.mark.parametrize("problem", ModelProblem)
async def test_a_model_that_no_picture_can_be_made_with_is_an_error_with_its_mending(problem: ModelProblem) -> None:
    (finding,) = await WatchingModels(Watch((a_model(problem),)), FixedClock(NEW_YEAR))()

    assert Level.ERROR == finding.level
    assert "flux" in finding.text
    assert finding.mend


async def test_a_model_is_well_until_the_month_in_which_it_retires() -> None:
    in_days = [a_model(), a_model(retires_at=NEW_YEAR + timedelta(days=31)), a_model(retires_at=NEW_YEAR + A_MONTH)]

    findings = await WatchingModels(Watch(tuple(in_days)), FixedClock(NEW_YEAR))()

    assert [Level.OK, Level.OK, Level.WARNING] == [finding.level for finding in findings]
    assert "until 01 February 2026" in findings[1].text
