"""Real sessions that are well anonymised are let through: hardly a file of them is refused."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

import pytest

from tests.homes import new_home
from uploader.engine.run import Order, anonymise_tree

LOOSE = (
    *("rt_breast_plan", "mr_siemens_mosaic", "mr_t1w_pddl", "pet", "enhanced_multiframe", "charsets", "rtimage"),
    *("rt_unlinked_small", "rt_orphan_dose", "us_burned_in", "sr_seg_pdf", "transfer_syntaxes"),
)
PACKED = ("rt_spine_phantom/spine_phantom_CT190_RTSTRUCT.tar.xz",)


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Path:
    folder = tmp_path_factory.mktemp("sessions")
    for name in LOOSE:
        shutil.copytree(samples / name, folder / name)
    for name in PACKED:
        with tarfile.open(samples / name) as packed:
            packed.extractall(folder / "packed", filter="data")
    return folder


@pytest.mark.parametrize("policy", ["trial", "basic"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_at_most_one_file_in_a_hundred_is_refused(policy: str, sessions: Path, tmp_path: Path) -> None:
    order = Order(
        home=new_home(tmp_path / "home"),
        source=sessions,
        target=tmp_path / "out",
        trial="DEMO-RT",
        policy=policy,
        despite_questions=True,
    )
    outcomes = anonymise_tree(order).outcomes
    refused = sum(len(o.job.names) for o in outcomes if any(r.code.startswith("verify.") for r in o.held))
    files = sum(len(outcome.job.names) for outcome in outcomes)
    assert files > 250
    assert refused / files <= 0.01
