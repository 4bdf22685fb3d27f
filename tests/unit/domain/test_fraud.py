"""What a fraud warning does at once: by the risk of its charge, as the operator says."""

import pytest

from billing_core.domain.errors import InvalidValue
from billing_core.domain.fraud import (
    FraudPolicies,
    FraudPolicy,
    RiskLevel,
    WarningStatus,
    policies_of,
    riskiest,
    suspension_for,
)

OBSERVE, SUSPEND, REFUND = FraudPolicy


def at_each(policies: FraudPolicies) -> list[FraudPolicy]:
    """From unknown to highest."""
    return [policies.at(risk) for risk in RiskLevel]


def test_unless_told_otherwise_only_the_highest_risk_suspends() -> None:
    assert [OBSERVE, OBSERVE, OBSERVE, SUSPEND] == at_each(FraudPolicies())
    assert FraudPolicies() == policies_of("") == policies_of(" , ")


@pytest.mark.parametrize("policy", FraudPolicy)
def test_one_word_is_for_every_level(policy: FraudPolicy) -> None:
    assert [policy] * 4 == at_each(policies_of(f" {policy.value} "))


def test_a_level_that_is_not_named_keeps_its_default() -> None:
    assert [OBSERVE, OBSERVE, REFUND, SUSPEND] == at_each(policies_of("elevated=refund"))
    assert [SUSPEND, OBSERVE, SUSPEND, REFUND] == at_each(
        policies_of("highest = refund, elevated=suspend,unknown=suspend")
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("watch", "'watch' is none of observe, suspend, refund"),
        ("highest=watch", "'watch' is none of"),
        ("worst=suspend", "'worst=suspend' is not one of unknown, normal, elevated, highest"),
        ("highest=suspend,highest=observe", "each once"),
        ("observe,highest=suspend", "'observe' is not one of"),
        ("highest=", "'' is none of"),
        ("highest=refund=suspend", "'refund=suspend' is none of"),
    ],
)
def test_what_is_no_policy_is_refused(text: str, problem: str) -> None:
    with pytest.raises(InvalidValue, match=problem) as refusal:
        policies_of(text)

    assert refusal.value.field == "fraud policy"


def test_the_riskiest_of_several_charges_counts() -> None:
    assert RiskLevel.HIGHEST is riskiest([RiskLevel.NORMAL, RiskLevel.HIGHEST, RiskLevel.UNKNOWN])
    assert RiskLevel.UNKNOWN is riskiest([])


def test_a_case_is_decided_once_somebody_says_what_it_was() -> None:
    assert [WarningStatus.CONFIRMED, WarningStatus.DISMISSED] == [each for each in WarningStatus if each.is_decided]


def test_each_warning_suspends_for_a_reason_of_its_own() -> None:
    assert "warning:issfr_1" == suspension_for("issfr_1")
