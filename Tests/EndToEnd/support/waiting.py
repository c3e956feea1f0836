"""Waits for a condition with a limit, so that no test sleeps for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(condition: Callable[[], T], limit: float, what: str, interval: float = 0.02) -> T:
    """The first true value of the condition; fails with `what` when there is none within the limit."""
    deadline = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {limit} s: {what} (last value: {value!r})")
        time.sleep(interval)
