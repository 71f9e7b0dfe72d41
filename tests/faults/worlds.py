"""What a fault may befall: a home with a submission that is due for release, and its archives."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.cli.calling import environment
from tests.homes import archives_of, carry, free_ports
from tests.invariants import Violation, check_invariants
from tests.patience import PATIENCE_SECONDS, until
from uploader.config import FILE, Settings
from uploader.domain.submission import Submission
from uploader.gateway import Built, build_review, open_home
from uploader.home import ARCHIVES
from uploader.phantom import PhantomIdentity
from uploader.supervisor import answers

SESSION = "/data/projects/SITE01/subjects/DEMO-001/experiments/DEMO-001_1"


class Due:
    """The world of one test. `patient`: who must not be found where they may not be."""

    def __init__(self, home: Path, submission: str, patient: PhantomIdentity) -> None:
        self.home, self.submission, self.patient = home, submission, patient

    @property
    def settings(self) -> Settings:
        return Settings.read(self.home)

    def move_to_other_ports(self) -> None:
        for archive, port in zip(ARCHIVES, free_ports(3), strict=True):
            self.set(archive, "url", f"http://127.0.0.1:{port}")

    def set(self, table: str, key: str, value: str) -> None:
        """Write one setting of an archive's table."""
        file = self.home / FILE
        lines = file.read_text().splitlines()
        begin = next(n for n, line in enumerate(lines) if line.startswith(f"[{table}]")) + 1
        end = next((n for n in range(begin, len(lines)) if lines[n].startswith("[")), len(lines))
        kept = [line for line in lines[begin:end] if not line.startswith(f"{key} = ")]
        file.write_text("\n".join([*lines[:begin], f'{key} = "{value}"', *kept, *lines[end:]]) + "\n")

    @contextmanager
    def built(self) -> Iterator[Built]:
        """The gateway as its settings are now."""
        built = open_home(self.home)
        try:
            yield built
        finally:
            built.records.close()

    @contextmanager
    def archives(self, *names: str) -> Iterator[Built]:
        """Those that a release needs, or `names`."""
        with self.built() as built, archives_of(built, *(names or ("anonymised", "central"))):
            yield built

    def carried(self) -> Submission:
        """Carry what is due once, under the settings as they are now; where it came to rest."""
        with self.built() as built:
            carry(built, self.submission)
            return built.records.get(self.submission)

    def carried_until_released(self) -> Submission:
        """As the worker does: again whenever it is due."""

        def at_rest() -> Submission | None:
            about = self.carried()
            return None if about.state in ("waiting", "queued") else about

        about = until(at_rest)
        assert about.state == "released", about
        return about

    def retried(self) -> Submission:
        """What a person does when the trouble is mended, and what comes of it."""
        with self.built() as built:
            build_review(built).retry(self.submission, "ada")
        return self.carried_until_released()

    def ask_central(self, method: str, path: str, data: bytes | None = None) -> requests.Response:
        """Another client: the administrator of the central archive."""
        password = (self.home / "secrets" / "central-admin").read_text().strip()
        answer = requests.request(
            method, self.settings.central.url + path, data=data, auth=("admin", password), timeout=PATIENCE_SECONDS
        )
        answer.raise_for_status()
        return answer

    def violations(self) -> list[Violation]:
        return check_invariants(self.home, [self.patient])

    def central_process(self) -> subprocess.Popen[bytes]:
        """The central archive in a process of its own, ready."""
        command = [sys.executable, "-m", "uploader", "archive", "serve", "--home", str(self.home), "--name", "central"]
        process = subprocess.Popen(command, env=environment(), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: answers(f"{self.settings.central.url}/data/version"))
        return process
