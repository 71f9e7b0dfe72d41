"""Waiting for what happens a moment later: at once on one machine, and after minutes on a slow one with much to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_SECONDS = 300
"""After so long it will not happen any more. Only a test that fails waits so long."""
T = TypeVar("T")


def until(condition: Callable[[], T], otherwise: str = "it did not come to pass") -> T:
    """Wait until it holds; returns what it gave. otherwise: what is said when it never does"""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (value := condition()):
        assert time.monotonic() < end, otherwise
        time.sleep(0.02)
    return value
