"""Early fraud warnings: what is done about one at once, by how risky its charge was, and how its case stands.

A card's network warns of a payment days before its owner may dispute it. The policy is applied once, when a warning is
first heard of; whatever follows is a person's decision, kept with the case.
"""

from collections.abc import Iterable
from enum import Enum

from attrs import frozen

from billing_core.domain.errors import InvalidValue


class RiskLevel(Enum):
    """How risky the gateway held a charge for when it was made. UNKNOWN: it was not assessed, or nothing was told."""

    UNKNOWN = "unknown"
    NORMAL = "normal"
    ELEVATED = "elevated"
    HIGHEST = "highest"


def riskiest(risks: Iterable[RiskLevel]) -> RiskLevel:
    """The highest of them; UNKNOWN where there is none."""
    known = set(risks)
    return next((level for level in reversed(RiskLevel) if level in known), RiskLevel.UNKNOWN)


class FraudPolicy(Enum):
    """What is done about a warning at once: nothing but telling, suspending the account, or giving the money back."""

    OBSERVE = "observe"
    SUSPEND = "suspend"
    REFUND = "refund"


@frozen(kw_only=True)
class FraudPolicies:
    """One policy for each level of risk. Unless told otherwise, an account is suspended where the risk is highest."""

    unknown: FraudPolicy = FraudPolicy.OBSERVE
    normal: FraudPolicy = FraudPolicy.OBSERVE
    elevated: FraudPolicy = FraudPolicy.OBSERVE
    highest: FraudPolicy = FraudPolicy.SUSPEND

    def at(self, risk: RiskLevel) -> FraudPolicy:
        policy: FraudPolicy = getattr(self, risk.value)
        return policy


def policies_of(text: str) -> FraudPolicies:
    """`observe` is for every level; `highest=refund, elevated=suspend` for these, and the default for the others.

    Raises InvalidValue.
    """
    told = [part.strip() for part in text.split(",") if part.strip()]
    if len(told) == 1 and "=" not in told[0]:
        return FraudPolicies(**dict.fromkeys(_LEVELS, _policy(told[0])))
    named: dict[str, FraudPolicy] = {}
    for part in told:
        level, is_pair, policy = (word.strip() for word in part.partition("="))
        if not is_pair or level not in _LEVELS or level in named:
            raise InvalidValue("fraud policy", f"{part!r} is not one of {', '.join(_LEVELS)} and =, each once")
        named[level] = _policy(policy)
    return FraudPolicies(**named)


_LEVELS = tuple(level.value for level in RiskLevel)


def _policy(text: str) -> FraudPolicy:
    try:
        return FraudPolicy(text)
    except ValueError as error:
        known = ", ".join(policy.value for policy in FraudPolicy)
        raise InvalidValue("fraud policy", f"{text!r} is none of {known}") from error


class WarningStatus(Enum):
    """How far a case has got. The values are stored, so they never change."""

    OPEN = "open"
    REVIEWING = "reviewing"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"

    @property
    def is_decided(self) -> bool:
        return self in {WarningStatus.CONFIRMED, WarningStatus.DISMISSED}


def suspension_for(warning_id: str) -> str:
    """The reason for which a warning suspends its account."""
    return f"warning:{warning_id}"
