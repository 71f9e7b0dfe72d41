"""Runs of the engine inside this process, and trees for them."""

from __future__ import annotations

import hashlib

import pydicom

from uploader.engine import Order, anonymise_tree


def anonymise(home, source, target, subject="", trial="DEMO-RT", **more):
    """The report of a run."""
    order = Order(home=home, source=source, target=target, trial=trial, subject=subject, **more)
    return anonymise_tree(order).document()


def digests(folder):
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def edit(path, **values):
    dataset = pydicom.dcmread(path)
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.save_as(path)


def renumbered(path):
    """The same object as one of another visit."""
    dataset = pydicom.dcmread(path)
    for element in dataset.iterall():
        if element.VR == "UI" and element.keyword.endswith("InstanceUID"):
            element.value = f"{element.value}.7"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(path)
