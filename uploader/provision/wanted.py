"""What an archive of this gateway should be like. Pure: settings in, wishes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from uploader.config import Settings
from uploader.domain.errors import BadSettings
from uploader.hosted import TEST_PROJECT, projects_of

PROVISIONED = ("identifiable", "anonymised")
"""Archives of this hospital. The centre's belongs to the centre."""

LIMITS: Mapping[str, object] = {
    "requireLogin": True,
    "userRegistration": False,
    "securityNewUserRegistrationDisabled": True,
    "uiAllowNonAdminProjectCreation": False,
    "enableSitewideAnonymizationScript": False,
    "checksums": True,
    "sessionTimeout": "15 minutes",
}
"""Site settings that hold for both: nobody unknown gets in, nothing rewrites bytes, every file has its digest."""

STAFF_ROLE = "collaborator"
"""People look; only the line's account puts sessions in."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """A DICOM receiver of the XNAT itself, which must leave bytes alone."""

    ae_title: str
    port: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """One archive as it should be."""

    name: str
    site_id: str
    """Begins every accession number: ``{site_id}_E00001``. Never changed once set."""
    admin_user: str
    admin_email: str
    line_user: str
    people: tuple[str, ...]
    """Logins of staff who may look at every project here."""
    preferences: Mapping[str, object]
    projects: Mapping[str, str]
    """Project -> the role of the line's account there: owner or member."""
    receiver: Receiver | None


def wanted(settings: Settings, name: str) -> Wanted:
    """What the settings say of the archive `name`. Raises BadSettings for what XNAT would not take."""
    about = getattr(settings, name)
    site = about.site
    if about.user == site.admin_user:
        raise BadSettings(f"{name}.user and {name}.site.admin_user must differ: the line must not be an administrator")
    if site.receiver_port and not site.receiver_ae_title:
        raise BadSettings(f"{name}.site.receiver_port needs {name}.site.receiver_ae_title")
    public = site.public_url or about.url
    welcome = {"siteDescriptionType": "Text", "siteDescriptionText": welcome_text(settings, name)}
    ours = {"siteUrl": public, "adminEmail": site.admin_email, "receivedFileUser": site.admin_user}
    return Wanted(
        name=name,
        site_id=site.site_id or name.upper(),
        admin_user=site.admin_user,
        admin_email=site.admin_email,
        line_user=about.user,
        people=site.people,
        preferences={**LIMITS, **welcome, **ours, "enableDicomReceiver": bool(site.receiver_port)},
        projects={**dict(projects_of(settings, name)), TEST_PROJECT: "owner"},
        receiver=Receiver(site.receiver_ae_title, site.receiver_port) if site.receiver_port else None,
    )


def welcome_text(settings: Settings, name: str) -> str:
    """What the XNAT's first page says, in Markdown: which of the two it is, and the way to the desk."""
    if name == "identifiable":
        what = (
            f"**Identifiable** sessions of {settings.site}, as they arrived. They do not leave the hospital from here."
        )
    else:
        what = f"**Anonymised** sessions of {settings.site}, waiting for a person's signature or signed."
    return f"{what} [Choose the trial and sign off at the desk]({settings.desk.public_url})."
