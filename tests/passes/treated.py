"""Datasets sent through the passes as files, as the line sends them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from uploader import passes
from uploader.domain.trial import Protocol
from uploader.home import shipped
from uploader.passes import Policy, SessionPasses
from uploader.passes.cleaning import Change
from uploader.stages.anonymise import Recipe, Work

PROTOCOL = Protocol(
    "TRIAL",
    "v1",
    "0" * 64,
    "Étude pilote",
    "Universitätsklinikum",
    ".*",
    "S-1",
    "{subject}_{n}",
    (),
    (),
    365,
    "TRIAL",
)
KEY = b"k" * 32


@dataclass(frozen=True)
class Replacing:
    """Cleans texts by a function."""

    clean: Callable[[str], str]

    def changes(self, text: str) -> list[Change]:
        return [Change("id", 0, len(text))] if self.clean(text) != text else []


def unchanged(text: str) -> str:
    return text


def session(policy: str | Policy = "basic", days: int = 40, clean: Callable[[str], str] = unchanged) -> SessionPasses:
    """The passes for subject S-1 of a trial, under one of the shipped policies or another."""
    chosen = Policy.read(shipped("privacy_policies") / f"{policy}.json") if isinstance(policy, str) else policy
    names = {"subject": "S-1", "label": "S-1_1", "site": "SITE-A"}
    return passes.standard(chosen, PROTOCOL, key=KEY, days=days, cleaner=Replacing(clean), **names)


def work(policy: str | Policy = "basic", days: int = 40, clean: Callable[[str], str] = unchanged) -> Work:
    return Work(Recipe((), session(policy, days, clean)))


def treated(
    dataset: Dataset,
    policy: str | Policy = "basic",
    days: int = 40,
    syntax: str = ExplicitVRLittleEndian,
    clean: Callable[[str], str] = unchanged,
) -> Dataset:
    """What becomes of a dataset; one that does not say what it is, is a CT image."""
    for keyword, uid in (("SOPClassUID", CTImageStorage), ("SOPInstanceUID", "1.2.3.4.5")):
        if keyword not in dataset:
            setattr(dataset, keyword, uid)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.dcm", Path(folder) / "out.dcm"
        dataset.save_as(source, enforce_file_format=True)
        work(policy, days, clean).file(source, target)
        after = pydicom.dcmread(target)
        after.walk(lambda level, element: None)  # decode it all while the file is there
    return after
