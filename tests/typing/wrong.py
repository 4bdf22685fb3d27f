"""What a strict type checker must refuse, line by line. An ignore that it would not need is an error of its own."""

from billing_core import Billing, BlockingBilling, Facade  # type: ignore[attr-defined]
from billing_core.ports.images import ImageGenerator
from billing_core.testing import fixtures  # type: ignore[attr-defined]

NAMES_THAT_ARE_NOT_THERE = (Facade, fixtures)


class Silent:
    """Not an image generator: it makes nothing."""

    async def generate(self, request: str) -> None: ...


async def in_async_code(billing: Billing) -> None:
    billing.credits("ada")  # type: ignore[unused-coroutine]
    await billing.credits(7)  # type: ignore[arg-type]
    await billing.checkout("ada", "basic")  # type: ignore[call-arg]
    await billing.checkout("ada", tier="basic", interval="year")  # type: ignore[arg-type]
    await billing.grant("ada", 1.5, reason="half a credit more")  # type: ignore[arg-type]
    await billing.grant("ada", 1)  # type: ignore[call-arg]
    await billing.handle_webhook("{}", "t=1")  # type: ignore[arg-type]
    await billing.generate("ada", "a fox", wait=30)  # type: ignore[arg-type]
    assert (await billing.generation("ada", "gen_1")).images  # type: ignore[union-attr]
    with billing.spend("ada", credits=4, reason="upscale"):  # type: ignore[attr-defined]
        pass
    billing.use_cases = None  # type: ignore[misc, assignment]
    images: ImageGenerator = Silent()  # type: ignore[assignment]
    async with Billing.open("memory://", images=Silent()):  # type: ignore[arg-type]
        del images


def in_code_without_async(billing: BlockingBilling) -> None:
    billing.credits(7)  # type: ignore[arg-type]
    assert billing.credits("ada").spent  # type: ignore[attr-defined]
    billing.checkout("ada", tier="basic", interval="year")  # type: ignore[arg-type]
    billing.grant("ada", 1)  # type: ignore[call-arg]
    billing.call(billing.simulation.pay, "cs_1")  # type: ignore[call-arg]
    billing.spend("ada", 4, "upscale")  # type: ignore[call-arg]
