"""What operators are told where something that must hold of an account does not, see `invariants`."""

from collections.abc import Mapping

from billing_core.domain.incidents import Guide, IncidentKind, Resolution, Severity

OF_BOOKS: Mapping[IncidentKind, Guide] = {
    IncidentKind.PAID_WITHOUT_GRANT: Guide(
        title="What was paid for was not given",
        severity=Severity.HIGH,
        happened="A month or a pack was given other credits than its payments entitle it to.",
        done="Nothing: the books follow facts when they come, and none came since.",
        advice="Have it tried again: the books then follow what they know, and give or take back the difference. "
        "`billing-core explain ACCOUNT` tells the rest.",
        resolutions=(Resolution.RETRY,),
    ),
    IncidentKind.LIVE_WITHOUT_ACCESS: Guide(
        title="Somebody is subscribed and has no plan",
        severity=Severity.HIGH,
        happened="A subscription is active (or its trial is over) for two hours, and no payment for it is known.",
        done="The account has what its plan without that subscription gives.",
        advice="Fetch it again: the subscription and the customer's latest payments are asked for. Where money is "
        "still on its way, as with a bank debit, dismiss it.",
        resolutions=(Resolution.FETCH_AGAIN,),
    ),
    IncidentKind.HOLD_PAST_DEADLINE: Guide(
        title="Credits are set aside beyond their time",
        severity=Severity.LOW,
        happened="A hold was over two hours ago, and the hourly accrual has not written that it lapsed.",
        done="Whoever reads or uses the account counts it as lapsed all the same.",
        advice="Have it tried again: it is written now. If it comes back, run `billing-core accrue --all`.",
        resolutions=(Resolution.RETRY,),
    ),
    IncidentKind.HOLD_WITHOUT_END: Guide(
        title="A generation does not come to an end",
        severity=Severity.MEDIUM,
        happened="Credits are set aside for a generation since more than a day.",
        done="It is looked at again every few minutes.",
        advice="See that a worker runs and that `billing-core doctor` finds no failing jobs; "
        "`billing-core explain ACCOUNT --generation ID` tells each attempt at it.",
    ),
    IncidentKind.DRIFT: Guide(
        title="The books differ from Stripe",
        severity=Severity.HIGH,
        happened="A subscription, or what went back of a payment, is not in the books as Stripe tells it.",
        done="Nothing yet: the next reconciliation follows Stripe.",
        advice="Fetch it again, and the books follow Stripe at once.",
        resolutions=(Resolution.FETCH_AGAIN,),
    ),
}
