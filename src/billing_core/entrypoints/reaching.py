"""The ways out of this process: to Stripe and to those who make the pictures, where there are keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from billing_core.entrypoints.container import Container
from billing_core.entrypoints.parts.images import providers_of
from billing_core.entrypoints.parts.stripe import answering_of
from billing_core.entrypoints.stripe_settings import Mode


@asynccontextmanager
async def reaching_stripe(container: Container) -> AsyncIterator[None]:
    """With a key, Stripe is reached over HTTP; else it is simulated, in this process."""
    if container.settings().mode is Mode.SIMULATED:
        yield
        return
    async with answering_of(container.settings(), container.catalog()) as answering:
        container.answering.override(answering)
        yield


@asynccontextmanager
async def reaching_providers(container: Container) -> AsyncIterator[None]:
    """With a key, a provider makes the pictures; else they are drawn, or an embedder makes them."""
    if container.settings().images.are_drawn or container.images.overridden:
        yield
        return
    async with providers_of(container.settings(), container.catalog(), container.clock()) as providers:
        container.images.override(providers.images)
        container.model_watch.override(providers.watch)
        yield
