"""Settings in, everything built out."""

from __future__ import annotations

import time

from uploader.archives.xnat.centre import XnatCentre
from uploader.central.rounds import Rounds
from uploader.central.settings import CentralSettings
from uploader.central.word import Site


def build(settings: CentralSettings) -> Rounds:
    """The service of these settings. Raises BadSettings."""
    keys = settings.keys()
    centre = XnatCentre(
        "centre",
        settings.url,
        settings.user,
        settings.password_file,
        stall_seconds=settings.stall_seconds,
        ca_file=settings.ca_file,
    )
    return Rounds(
        centre=centre,
        sites=[Site(name=site.name, project=site.project, keys=keys[site.name]) for site in settings.sites],
        trials={trial.id: trial.project for trial in settings.trials},
        clock=time.monotonic,
        recheck_seconds=settings.recheck_seconds,
    )
