"""The built-in functions, by name. A module registers its own when it is imported."""

from uploader.dicomedit.functions import dates, logic, text, uids, whole
from uploader.dicomedit.functions.registry import FUNCTIONS, REFUSED, Function

__all__ = ["FUNCTIONS", "REFUSED", "Function", "dates", "logic", "text", "uids", "whole"]
