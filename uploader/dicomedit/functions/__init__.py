"""The built-in functions, by name. A module registers its own when it is imported."""

from uploader.dicomedit.functions import dates, image, logic, text, uids, whole
from uploader.dicomedit.functions.registry import FUNCTIONS, REFUSED, Function

__all__ = ["FUNCTIONS", "REFUSED", "Function", "dates", "image", "logic", "text", "uids", "whole"]
