"""What the objects inside the webhooks have in common: their ids, and what is sold."""

from datetime import datetime
from typing import Any

Json = dict[str, Any]
Period = tuple[datetime, datetime]

PRICE = "basic_month_usd"
TIER = "basic"
AMOUNT_MINOR = 999
DESCRIPTION = "1 \u00d7 Basic (at $9.99 / month)"


def customer_id(customer: str) -> str:
    return f"cus_bench{customer}"


def subscription_id(customer: str) -> str:
    return f"sub_bench{customer}"


def session_id(customer: str) -> str:
    return f"cs_test_bench{customer}"


def seconds(at: datetime) -> int:
    return int(at.timestamp())
