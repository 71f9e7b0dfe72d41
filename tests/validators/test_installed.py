import re
from pathlib import Path

import pytest

from uploader.domain.errors import UnknownValidator
from uploader.validators import (
    acquisition,
    completeness,
    dose,
    dvh,
    geometry,
    identity,
    installed,
    mr,
    names,
    pet,
    pixels,
    plan,
    references,
    relations,
    structures,
)

PROJECT = Path(__file__).parent.parent.parent
OURS = (
    *(acquisition, completeness, dose, dvh, geometry, identity, mr, names, pet, pixels, plan, references, relations),
    structures,
)
CODE = re.compile(rf"\b(?:{'|'.join(each.__name__.rpartition('.')[2] for each in OURS)})\.[a-z]+(?:-[a-z]+)*")


def test_ours_come_in_by_the_door_of_the_plugins():
    validators = installed(["structures", "completeness", "identity"])
    assert validators == {
        "completeness": completeness.check,
        "identity": identity.check,
        "structures": structures.check,
    }


def test_installed_is_not_allowed():
    assert list(installed(["identity"])) == ["identity"]


def test_an_allowed_validator_that_is_missing_stops_the_start():
    with pytest.raises(UnknownValidator, match="dose-limits"):
        installed(["identity", "dose-limits"])


@pytest.mark.parametrize("module", OURS)
def test_every_rule_is_told_to_site_staff(module):
    page = (PROJECT / "docs" / "findings.md").read_text()
    codes = set(CODE.findall(module.__doc__))
    assert codes
    assert sorted(code for code in codes if f"| `{code}` |" not in page) == []
