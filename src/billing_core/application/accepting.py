"""Accepting a generation: one commit holds its price, opens its row and writes its job."""

from attrs import frozen

from billing_core.application import tasks
from billing_core.application.requests import RequestKey, cause_of
from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt, at
from billing_core.domain.admission import Wish, admit
from billing_core.domain.catalog import Catalog
from billing_core.domain.entitlements import entitlements
from billing_core.domain.errors import InvalidValue, NotEntitled
from billing_core.domain.generation import Generation
from billing_core.domain.given import ensure_text
from billing_core.domain.ways_out import for_entitlement
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.ids import IdSource
from billing_core.ports.records import GenerationOpened

LONGEST_PROMPT = 32_000


@frozen(kw_only=True)
class Asked:
    """What a customer asks for: a prompt, and the wish that is priced."""

    prompt: str
    wish: Wish
    private: bool | None = None


@frozen
class Accepting:
    """Lets a generation in: admitted, priced, held and queued, in one commit."""

    accounts: AccountRepository
    catalog: Catalog
    clock: Clock
    ids: IdSource

    async def __call__(self, account_id: str, asked: Asked, *, request: RequestKey | None = None) -> Generation:
        """Raises InvalidValue, and every denial of admission and of the hold."""
        ensure_prompt(asked.prompt)
        generation_id, now = self.ids.new("gen"), self.clock.now()

        def accept(account: Account) -> Commit[Generation]:
            held = at(account, now, self.catalog)
            generation = opened(held, generation_id, asked)
            events = held.hold(
                generation.credits, hold_id=generation_id, until=None, reason=generation.model, images=generation.n
            )
            job = tasks.generate(account_id, generation_id, priority=generation.priority)
            return Commit(generation, events, (GenerationOpened(generation), job))

        return await self.accounts.change(account_id, accept, cause=cause_of(request, Generation))


def opened(held: AccountAt, generation_id: str, asked: Asked) -> Generation:
    """The generation, if it is admitted."""
    admitted = admit(held, asked.wish)
    plan = held.in_force.plan
    may_be_private = entitlements(held).allows("private_history")
    if asked.private and not may_be_private:
        ways = for_entitlement(plan, held.catalog, lambda other: bool(other.entitlements.get("private_history")))
        raise NotEntitled("private_history", (), ways)
    return Generation(
        id=generation_id,
        account_id=held.account.id,
        prompt=asked.prompt,
        model=admitted.model,
        size=admitted.size,
        quality=admitted.quality,
        n=admitted.n,
        credits=admitted.credits,
        priority=plan.priority,
        private=may_be_private if asked.private is None else asked.private,
        watermark=plan.watermark,
        created_at=held.now,
        expires_at=held.now + plan.queue_timeout,
    )


def ensure_prompt(prompt: str) -> None:
    """Raises InvalidValue for a prompt that no provider takes. Its length is counted in code points."""
    ensure_text("prompt", prompt)
    if not prompt.strip():
        raise InvalidValue("prompt", "must not be empty")
    if len(prompt) > LONGEST_PROMPT:
        raise InvalidValue("prompt", f"must have at most {LONGEST_PROMPT} characters")
