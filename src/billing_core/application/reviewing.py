"""Reviewing fraud warnings: a person moves a case and writes down why; a dismissed one suspends nobody any more."""

from attrs import frozen

from billing_core.application.acting import acted
from billing_core.application.errors import WarningNotFound
from billing_core.application.heeding import incident_key
from billing_core.domain.account import Account
from billing_core.domain.account_at import at
from billing_core.domain.acts import Act, Grounds, ReasonCode
from billing_core.domain.catalog import Catalog
from billing_core.domain.errors import InvalidValue
from billing_core.domain.fraud import WarningStatus, suspension_for
from billing_core.domain.incidents import Resolution, incident_id
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.incidents import Incidents, Resolved
from billing_core.ports.records import WarningNoted
from billing_core.ports.warnings import FraudWarning, FraudWarnings, WarningFilter


@frozen(kw_only=True)
class WarningPage:
    """Some warnings, newest first, and where the next ones begin."""

    items: tuple[FraudWarning, ...]
    next_cursor: str | None


@frozen(kw_only=True)
class Review:
    """What a person makes of a case; None leaves it as it was."""

    status: WarningStatus | None = None
    notes: str | None = None
    code: ReasonCode = ReasonCode.OTHER


@frozen
class Reviewing:
    """Shows fraud warnings to operators, and keeps what they make of them. Raises everywhere: Unavailable."""

    accounts: AccountRepository
    warnings: FraudWarnings
    incidents: Incidents
    catalog: Catalog
    clock: Clock

    async def page(self, wanted: WarningFilter, *, limit: int, cursor: str | None = None) -> WarningPage:
        """A cursor is the id of the last warning that was seen; an unknown one begins anew."""
        after = None if cursor is None else await self.warnings.find(cursor)
        found = await self.warnings.page(wanted, limit=limit + 1, after=after)
        shown = found[:limit]
        return WarningPage(items=shown, next_cursor=shown[-1].id if len(found) > limit else None)

    async def find(self, warning_id: str) -> FraudWarning:
        """Raises WarningNotFound."""
        warning = await self.warnings.find(warning_id)
        if warning is None:
            raise WarningNotFound(warning_id)
        return warning

    async def __call__(self, warning_id: str, review: Review, *, by: str) -> FraudWarning:
        """The case afterwards. Dismissed, it suspends the account no more; confirmed, what it did stays. Decided either
        way, its incident is closed. Raises WarningNotFound, InvalidValue (nothing is said)."""
        if review.status is None and review.notes is None:
            raise InvalidValue("status", "or notes must be given")
        warning, now = await self.find(warning_id), self.clock.now()
        status = review.status or warning.status
        grounds = Grounds(by=by, note=(review.notes or "").strip() or status.value, code=review.code)
        about = {"warning": warning.id, "payment": warning.payment, "status": status.value}

        def note(account: Account) -> Commit[None]:
            held = at(account, now, self.catalog)
            is_free = review.status is WarningStatus.DISMISSED
            events = held.reinstate(suspension_for(warning.id)) if is_free else held.due
            noted = WarningNoted(id=warning.id, by=by, at=held.now, status=review.status, notes=review.notes)
            return Commit(None, (*events, acted(held, Act.REVIEWED_WARNING, grounds, about)), (noted,))

        await self.accounts.change(warning.account_id, note)
        if status.is_decided:
            await self._close_incident(warning, grounds)
        return await self.find(warning_id)

    async def _close_incident(self, warning: FraudWarning, grounds: Grounds) -> None:
        """If it is open. Met again meanwhile, it stays so."""
        incident = await self.incidents.find(incident_id(warning.account_id, incident_key(warning.id)))
        if incident is not None:
            done = Resolved(
                at=self.clock.now(), by=grounds.by, resolution=Resolution.DISMISS, note=f"reviewed: {grounds.note}"
            )
            await self.incidents.resolve(incident, done)
