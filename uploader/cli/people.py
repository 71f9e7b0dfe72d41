"""Accounts of the desk."""

from __future__ import annotations

from pathlib import Path

import click

from uploader.cli.common import home_option, operator, password_for
from uploader.gateway import open_home


@click.group()
def account() -> None:
    """Accounts of the desk."""


@account.command("add")
@click.argument("login")
@click.option("--admin", is_flag=True, help="May also manage accounts.")
@click.option("--role", "more", multiple=True, help="A role beside reviewer, such as physicist; may be repeated.")
@home_option
def add(login: str, admin: bool, more: tuple[str, ...], home: Path) -> None:
    """Add an account; the password comes from a prompt or from UPLOADER_PASSWORD."""
    roles = {"reviewer", *more} | ({"admin"} if admin else set())
    open_home(home).records.accounts.add(login, password_for(login), roles)


@account.command("roles")
@click.argument("login")
@click.argument("roles", nargs=-1, required=True)
@home_option
def roles(login: str, roles: tuple[str, ...], home: Path) -> None:
    """Give an account these roles, and no others: reviewer, admin, physicist, clinician, radiographer."""
    open_home(home).records.accounts.set_roles(login, roles, operator())


@account.command("password")
@click.argument("login")
@home_option
def password(login: str, home: Path) -> None:
    """Set an account's password."""
    open_home(home).records.accounts.set_password(login, password_for(login))


@account.command("lock")
@click.argument("login")
@home_option
def lock(login: str, home: Path) -> None:
    """Let the account of somebody who left do nothing any more; what it did and signed stays under its name."""
    open_home(home).records.accounts.lock(login, operator())


@account.command("list")
@home_option
def list_accounts(home: Path) -> None:
    """List the accounts and their roles."""
    accounts = open_home(home).records.accounts
    for login, roles in accounts.everybody().items():
        click.echo(f"{login:<24} {', '.join(sorted(roles)) or 'locked'}")
