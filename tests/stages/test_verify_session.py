"""The verifier behind the real anonymiser: no false alarm, and every planted value found again."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from tests.stages import sabotage
from tests.stages.sabotage import Session, edit
from uploader import passes, phantom
from uploader.dicomedit import parse
from uploader.domain.finding import Finding, Severity
from uploader.domain.trial import Protocol
from uploader.elements import Irregular
from uploader.home import shipped
from uploader.instance import Instance, load
from uploader.phantom import PhantomIdentity
from uploader.recipes import Scripted
from uploader.stages.anonymise import Recipe, anonymise
from uploader.stages.verify import verify

KEEP = frozenset({"S-001", "S-001_1", "T", "Sponsor", "Site"})
PROTOCOL = Protocol("T", "v1", "", "Title", "Sponsor", ".*", "S-001", "{subject}_{n}", (), (), 365, "T")
PROFILE = Path(__file__).parents[2] / "dicomedit_scripts" / "base" / "basic_profile.das"


def included(name: str) -> str:
    return (shipped("dicomedit_scripts") / name).read_text()


def loaded(files: Iterable[Path]) -> Iterator[Instance]:
    for path in files:
        with path.open("rb", buffering=0) as stream, suppress(Irregular):
            yield load(stream)


def anonymised(files: Sequence[Path], folder: Path) -> Session:
    """A session of these files, made by the real anonymiser."""
    for number, path in enumerate(files, 1):
        target = folder / "original" / sabotage.entry_name(f"{number:04}")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    before = sabotage.manifest(folder / "original")
    policy = passes.Policy.read(shipped("privacy_policies") / "trial.json")
    names = {"subject": "S-001", "label": "S-001_1", "site": "Site"}
    cleaner = passes.Cleaner(passes.gathered(loaded(files)), 113)
    standard = passes.standard(policy, PROTOCOL, key=b"k" * 32, days=113, cleaner=cleaner, **names)
    variables = {"project": "T", "subject": "S-001", "session": "S-001_1"}
    recipe = Recipe((Scripted(parse(PROFILE.read_text(), PROFILE.name, read=included), variables),), standard)
    anonymise(folder / "original", folder / "anonymised", before, recipe)
    return Session(folder / "original", folder / "anonymised", before)


def verified(session: Session) -> list[Finding]:
    after = sabotage.manifest(session.anonymised)
    return verify(session.original.joinpath, session.anonymised, session.before, after, keep=KEEP)


def refusals(session: Session) -> list[str]:
    return [f"{f.code} {f.where}" for f in verified(session) if f.severity is Severity.REFUSAL]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Session, PhantomIdentity]:
    folder = tmp_path_factory.mktemp("phantom")
    identity = phantom.write_session(folder / "source", slices=4, size=32)
    return anonymised(sorted((folder / "source").iterdir()), folder), identity


def test_the_synthetic_session_has_no_finding(planted: tuple[Session, PhantomIdentity]) -> None:
    assert verified(planted[0]) == []


@pytest.mark.parametrize("form", [str, str.upper, str.lower])
def test_every_value_of_the_synthetic_patient_is_found_in_a_text(
    form: object, planted: tuple[Session, PhantomIdentity], tmp_path: Path
) -> None:
    session, identity = planted
    broken = sabotage.copy(session, tmp_path)
    assert callable(form)
    missed = []
    for value in (*identity.values, *identity.uids):
        edit(broken.file("0001"), lambda d, v=value: setattr(d, "SeriesDescription", f"see {form(v)} there"))
        if not any("(0008,103E)" in f.where and f.severity is Severity.REFUSAL for f in verified(broken)):
            missed.append(value)
    assert missed == []


@pytest.mark.parametrize(
    "name",
    ["mr_siemens_mosaic", "mr_t1w_pddl", "charsets", "enhanced_multiframe", "us_burned_in", "rt_bad_references"],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_real_files_that_are_well_anonymised_are_not_refused(name: str, samples: Path, tmp_path: Path) -> None:
    unfit = {"chrSQEncoding.dcm", "chrSQEncoding1.dcm"}  # they have no SOP instance
    for path in sorted((samples / name).glob("*.dcm")):
        if path.name not in unfit:
            assert refusals(anonymised([path], tmp_path / path.stem)) == []


def test_a_real_radiotherapy_session_has_no_finding(samples: Path, tmp_path: Path) -> None:
    with tarfile.open(samples / "rt_spine_phantom" / "spine_phantom_CT190_RTSTRUCT.tar.xz") as packed:
        packed.extractall(tmp_path / "source", filter="data")
    files = [p for p in sorted((tmp_path / "source").rglob("*")) if p.is_file()]
    assert len(files) == 191
    assert verified(anonymised(files, tmp_path)) == []
