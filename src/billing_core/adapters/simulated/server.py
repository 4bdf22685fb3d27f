"""The simulated Stripe: what a customer's hands and a bank's do, and how time and news get on."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from billing_core.adapters.simulated import checkout, manual_payment, outbox, replacing, visiting
from billing_core.adapters.simulated.at_portal import AtPortal
from billing_core.adapters.simulated.bank import Bank
from billing_core.adapters.simulated.cards import read_card
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.engine import Engine
from billing_core.adapters.simulated.money import Charge
from billing_core.adapters.simulated.posting import Deliver, Post
from billing_core.adapters.simulated.rest.door import Door
from billing_core.adapters.simulated.results import PaymentResult
from billing_core.adapters.simulated.settings import Settings
from billing_core.adapters.simulated.state import Sent, State
from billing_core.adapters.simulated.visits import PaymentLink, Portal
from billing_core.adapters.simulated.window import Paper, Window, paper, window
from billing_core.domain.catalog import Catalog
from billing_core.ports.clock import Clock
from billing_core.ports.errors import UnknownAtGateway


class SimulatedStripe:
    """Takes test cards and lives by a clock.

    Every verb and every read first does what is due by then. Events are kept in the outbox until `deliver_pending`
    has sent them, signed with the secret; with `post`, the webhook endpoints that were made over the API get theirs
    too, each in its version and signed with its secret.

    With a catalog, its products and prices are on sale from the start.
    Verbs raise UnknownAtGateway, InvalidValue, IllegalTransition, CurrencyLocked.
    """

    def __init__(
        self,
        catalog: Callable[[], Catalog] | None,
        clock: Clock,
        webhook_secret: str,
        base_url: str,
        deliver: Deliver,
        *,
        state_path: Path | None = None,
        settings: Settings | None = None,
        post: Post | None = None,
    ) -> None:
        self._engine = Engine(
            catalog, clock, webhook_secret, base_url.rstrip("/"), deliver, state_path, settings or Settings(), post
        )
        self.bank = Bank(self._engine)
        self.at_portal = AtPortal(self._engine)
        self._door = Door(self._engine)

    async def answer(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Answers a request to Stripe's API with status, headers and JSON. `url` is whole, or a path with its query."""
        return await self._door.answer(method, url, headers, body)

    async def open_link(self, link_id: str, *, email: str | None = None, reference: str | None = None) -> str:
        """A visitor opens a payment link: the id of the checkout that came of it."""

        def verb(draft: Draft) -> str:
            return visiting.open_link(draft, draft.find(PaymentLink, link_id), email=email, reference=reference).id

        return self._engine.change(verb)

    async def checkout(self, session_id: str) -> Window:
        """What a checkout's page shows. Raises UnknownAtGateway."""
        return self._engine.change(lambda draft: window(draft, draft.session(session_id)))

    async def enter_code(self, session_id: str, code: str) -> None:
        """The customer enters a promotion code at a checkout that takes them."""
        self._engine.change(lambda draft: visiting.enter_code(draft, draft.session(session_id), code))

    async def pay(self, session_id: str, card: str | None) -> PaymentResult:
        """The customer pays a checkout; without a card, where a trial needs none."""
        given = None if card is None else read_card(card)
        return self._engine.change(lambda draft: checkout.pay(draft, draft.session(session_id), given))

    async def authenticate(self, session_id: str, *, ok: bool = True) -> PaymentResult:
        """The card's owner answers the bank's question at a checkout."""
        return self._engine.change(lambda draft: checkout.authenticate(draft, draft.session(session_id), ok=ok))

    async def authenticate_invoice(self, invoice_id: str, *, ok: bool = True) -> PaymentResult:
        """The card's owner answers the bank's question for an invoice; a change that waited for it is applied."""
        return self._engine.change(lambda draft: manual_payment.authenticate(draft, draft.invoice(invoice_id), ok=ok))

    async def invoice(self, invoice_id: str) -> Paper:
        """What an invoice's page shows. Raises UnknownAtGateway."""
        return self._engine.change(lambda draft: paper(draft, draft.invoice(invoice_id)))

    async def pay_invoice(self, invoice_id: str, card: str) -> PaymentResult:
        """The customer pays an open invoice with another card, which later charges go to as well."""
        given = read_card(card)

        def verb(draft: Draft) -> PaymentResult:
            invoice = draft.invoice(invoice_id)
            replaced = replacing.replace(draft, draft.customer(invoice.customer_id), given)
            return replaced if replaced.decline_code else manual_payment.retry(draft, invoice)

        return self._engine.change(verb)

    async def replace_card(self, customer_id: str, card: str) -> PaymentResult:
        """Later charges go to this card; open invoices too, at their next retry."""
        given = read_card(card)
        return self._engine.change(lambda draft: replacing.replace(draft, draft.customer(customer_id), given))

    async def retry_invoice(self, invoice_id: str) -> PaymentResult:
        """Charges an open invoice at once."""
        return self._engine.change(lambda draft: manual_payment.retry(draft, draft.invoice(invoice_id)))

    async def receipt(self, charge_id: str) -> Charge:
        """A charge that brought money, for its receipt. Raises UnknownAtGateway."""
        self._engine.advance()
        charge = self._engine.state.charges.get(charge_id)
        if charge is None or not charge.is_paid:
            raise UnknownAtGateway(f"receipt {charge_id}")
        return charge

    async def portal(self, token: str) -> Portal:
        """Whose door the token opens. Raises UnknownAtGateway, also once it has closed."""
        self._engine.advance()
        door = self._engine.state.portals.get(token)
        if door is None or door.expires_at <= self._engine.now():
            raise UnknownAtGateway("portal")
        return door

    async def advance(self) -> None:
        """Does all that is due by the clock, in the order of time."""
        self._engine.advance()

    def next_due(self) -> datetime | None:
        """When something happens next by itself; None where nothing will."""
        return self._engine.next_due()

    async def deliver_pending(self) -> int:
        """Sends the events that are due; answers how many were taken."""
        return await self._engine.deliver_pending()

    async def sent(self) -> tuple[Sent, ...]:
        """Every event that is kept, oldest first, and how its delivery stands."""
        self._engine.advance()
        return tuple(self._engine.state.outbox.values())

    async def resend(self, *event_ids: str) -> None:
        """Makes events due once more."""

        def verb(draft: Draft) -> None:
            for event_id in event_ids:
                outbox.resend(draft, event_id)

        self._engine.change(verb)

    @property
    def is_holding(self) -> bool:
        """Whether events are held back."""
        return self._engine.is_holding

    def hold(self) -> None:
        """Holds every event back until they are released, or the process ends."""
        self._engine.is_holding = True

    async def release(self, *, shuffled: bool = False) -> int:
        """Sends what was held back, in any order where it is to be shuffled; answers how many were taken."""
        return await self._engine.release(shuffled=shuffled)

    async def drop(self, event_id: str) -> None:
        """An event that is to be sent gets lost on its way."""
        self._engine.change(lambda draft: outbox.drop(draft, event_id))

    async def state(self) -> State:
        """A copy of all that it remembers, for the pages of a developer."""
        self._engine.advance()
        return self._engine.state.copy()
