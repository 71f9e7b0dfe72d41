"""A gateway with a session that is signed and on its way to the centre, for each test anew."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from tests.faults.worlds import Due
from tests.homes import PASSWORD, SMALL, bring_to_signature, gateway_at
from uploader.archives.embedded import accounts
from uploader.gateway import build_review
from uploader.phantom import PhantomIdentity, write_session


@dataclass(frozen=True)
class Template:
    home: Path
    submission: str
    patient: PhantomIdentity


@pytest.fixture(scope="session", autouse=True)
def _quick_hashes() -> Iterator[None]:
    """Hashing passwords is slow on purpose; here nobody guesses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "PasswordHasher", partial(PasswordHasher, time_cost=1, memory_cost=64, parallelism=1))
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, _quick_hashes: None) -> Template:
    root = tmp_path_factory.mktemp("template")
    (root / "session").mkdir()
    patient = write_session(root / "session", 1, **SMALL)
    few = replace(patient, values=(patient.name, patient.patient_id, patient.accession), uids=patient.uids[:1])
    with gateway_at(root / "home") as built:
        submission = bring_to_signature(built, root / "session")
        review = build_review(built)
        review.sign(submission, "ada", PASSWORD, review.show(submission).seen)
        review.release(submission, "ada")
    return Template(root / "home", submission, few)


@pytest.fixture
def due(template: Template, tmp_path: Path) -> Iterator[Due]:
    """The invariants are checked after every test."""
    world = Due(shutil.copytree(template.home, tmp_path / "home"), template.submission, template.patient)
    world.move_to_other_ports()
    yield world
    assert world.violations() == []
