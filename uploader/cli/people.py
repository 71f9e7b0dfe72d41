"""Accounts of the desk."""

from __future__ import annotations

from pathlib import Path

import click

from uploader.cli.common import home_option, password_for
from uploader.gateway import open_home


@click.group()
def account() -> None:
    """Accounts of the desk."""


@account.command("add")
@click.argument("login")
@click.option("--admin", is_flag=True, help="May also manage accounts.")
@home_option
def add(login: str, admin: bool, home: Path) -> None:
    """Add an account; the password comes from a prompt or from UPLOADER_PASSWORD."""
    roles = frozenset({"reviewer", "admin"} if admin else {"reviewer"})
    open_home(home).records.accounts.add(login, password_for(login), roles)


@account.command("password")
@click.argument("login")
@home_option
def password(login: str, home: Path) -> None:
    """Set an account's password."""
    open_home(home).records.accounts.set_password(login, password_for(login))


@account.command("list")
@home_option
def list_accounts(home: Path) -> None:
    """List the accounts."""
    for login in open_home(home).records.accounts.logins():
        click.echo(login)
