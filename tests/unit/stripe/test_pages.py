"""The operator's pages at Stripe."""

import pytest

from billing_core.adapters.stripe.pages import LIVE_DASHBOARD, TEST_DASHBOARD, page_of


@pytest.mark.parametrize(
    ("object_id", "expected"),
    [
        ("cus_1", "https://dashboard.stripe.com/test/customers/cus_1"),
        ("sub_1", "https://dashboard.stripe.com/test/subscriptions/sub_1"),
        ("sub_sched_1", "https://dashboard.stripe.com/test/subscription_schedules/sub_sched_1"),
        ("pi_1", "https://dashboard.stripe.com/test/payments/pi_1"),
        ("in_1", "https://dashboard.stripe.com/test/invoices/in_1"),
        ("re_1", "https://dashboard.stripe.com/test/search?query=re_1"),
        ("", "https://dashboard.stripe.com/test/search?query="),
        ("cus_1/../../logout?", "https://dashboard.stripe.com/test/customers/cus_1%2F..%2F..%2Flogout%3F"),
    ],
)
def test_an_object_has_a_page_or_is_searched_for(object_id: str, expected: str) -> None:
    assert expected == page_of(object_id, dashboard=TEST_DASHBOARD)


def test_a_live_object_has_a_live_page() -> None:
    assert "https://dashboard.stripe.com/customers/cus_1" == page_of("cus_1", dashboard=LIVE_DASHBOARD)
