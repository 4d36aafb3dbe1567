"""The command line: serve, and what an operator does around it. Exit codes: 0 done, 1 failed, 2 wrong settings."""

from __future__ import annotations

import argparse
import asyncio
import gc
import getpass
import json
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Final

from pydantic import ValidationError

from config.logging import configure_logging
from config.settings import Settings, WrongSetting
from config.words import plain
from handlers.apidoc import openapi
from handlers.routes import all_routes, check_permissions, entries
from handlers.services import Services
from server import copying, demo
from server.accounts.passwords import COST
from server.accounts.roles import PERMISSIONS, Open, Role
from server.app import Server, startup_lines
from server.clock import SystemClock
from server.errors import DomainError, StorageUnavailable
from server.storage.port import CannotOpenStorage
from server.wiring import API_VERSION, load, wire

FAILED: Final = 1
WRONG_SETTINGS: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        settings = Settings()
        if getattr(options, "demo", False):
            settings = settings.model_copy(update={"demo": True})
    except ValidationError as error:
        for line in settings_mistakes(error):
            print(line, file=sys.stderr)
        return WRONG_SETTINGS
    configure_logging(settings.log_level, settings.log_format)
    command: Callable[[Settings, argparse.Namespace], int] = options.run
    try:
        return command(settings, options)
    except (WrongSetting, CannotOpenStorage) as error:
        print(error, file=sys.stderr)
        return WRONG_SETTINGS
    except StorageUnavailable:
        where = "MONGODB_URI: the MongoDB" if settings.mongodb_uri else f"DATA_DIR: the database in {settings.data_dir}"
        print(f"{where} does not answer", file=sys.stderr)
        return FAILED
    except DomainError as error:
        for wrong in error.errors:
            print(f"{wrong.field}: {wrong.message}", file=sys.stderr)
        if not error.errors:
            print(error.detail, file=sys.stderr)
        return FAILED


def settings_mistakes(error: ValidationError) -> list[str]:
    """One line per mistake, each beginning with the variable's name."""
    lines = []
    for item in error.errors(include_url=False, include_input=False):
        message = plain(item["type"], item["msg"], item.get("ctx", {}))
        name = str(item["loc"][0]).upper() if item["loc"] else ""
        lines.append(f"{name}: {message}" if name else message)
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m server", description="Queues of a clinic.")
    parser.set_defaults(run=_serve)
    commands = parser.add_subparsers(title="commands")

    serve = commands.add_parser("serve", help="run the server (also without a command)")
    serve.add_argument("--demo", action="store_true", help="make the demo clinic first, like DEMO=true")
    serve.set_defaults(run=_serve)

    create = commands.add_parser("create-user", help="create a staff account; the password is asked for, or read")
    create.add_argument("username")
    create.add_argument("--role", choices=[role.value for role in Role if role is not Role.PATIENT], default="admin")
    create.add_argument("--name", default="")
    create.add_argument("--doctor-id", help="whose account it is, for the role doctor")
    create.set_defaults(run=_create_user)

    for name, run, text in (
        ("demo", _demo, "make the demo clinic in the configured database and print its logins"),
        ("routes", _routes, "every route and who may use it"),
        ("openapi", _openapi, "the API's description as JSON"),
        ("check", _check, "the settings, the database and the permission table, without serving"),
    ):
        commands.add_parser(name, help=text).set_defaults(run=run)
    copying.add_commands(commands)
    return parser


def _serve(settings: Settings, _: argparse.Namespace) -> int:
    return asyncio.run(_serve_until_told(settings))


async def _serve_until_told(settings: Settings) -> int:
    server = Server(settings)
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    starting = loop.create_task(server.start())

    def tell(number: signal.Signals) -> None:
        # The same signal again ends the process at once.
        loop.remove_signal_handler(number)
        told.set()
        starting.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, tell, number)
    try:
        await starting
        if server.loaded:
            _print_lines(startup_lines(server))
        _print_lines([f"listening on {server.url}"])
        if not server.loaded and await _loaded_before(told, server):
            _print_lines(startup_lines(server))
        # What stands after the start stays; without looking through it a full collection holds no board up.
        gc.freeze()
        await told.wait()
    except asyncio.CancelledError:
        if not told.is_set():
            raise
    finally:
        await server.stop()
    return 0


async def _loaded_before(told: asyncio.Event, server: Server) -> bool:
    """Wait for the database as long as nobody ends the process; whether everything is loaded then."""
    loading, ending = asyncio.ensure_future(server.until_loaded()), asyncio.ensure_future(told.wait())
    done, pending = await asyncio.wait((loading, ending), return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    if loading in done:
        loading.result()
    return loading in done


def _print_lines(lines: Sequence[str]) -> None:
    for line in lines:
        print(line, flush=True)


def _create_user(settings: Settings, options: argparse.Namespace) -> int:
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")

    async def create(services: Services) -> None:
        if options.doctor_id is not None:
            services.doctors.get(options.doctor_id)
        account = await services.accounts.create(
            username=options.username,
            password=password,
            role=Role(options.role),
            name=options.name,
            doctor_id=options.doctor_id,
        )
        print(f"created {account.username} ({account.role.value})")

    return _with_services(settings, create)


def _demo(settings: Settings, _: argparse.Namespace) -> int:
    async def make(services: Services) -> None:
        for login in await demo.make(services):
            print(f"demo login: {login.username} / {login.password}")

    return _with_services(settings, make)


def _routes(_: Settings, __: argparse.Namespace) -> int:
    check_permissions(all_routes())
    names = list(entries(all_routes()))
    width = max(len(name) for name in names)
    for name in names:
        permission = PERMISSIONS[name]
        who = permission.value if isinstance(permission, Open) else ", ".join(sorted(permission))
        print(f"{name:{width}}  {who}")
    return 0


def _openapi(_: Settings, __: argparse.Namespace) -> int:
    print(json.dumps(openapi(all_routes(), API_VERSION), indent=2, ensure_ascii=False))
    return 0


def _check(settings: Settings, _: argparse.Namespace) -> int:
    check_permissions(all_routes())

    async def ping(services: Services) -> None:
        print("settings: good")
        print("permissions: every route has one")
        await services.storage.ping()
        print(f"database: {'MongoDB' if settings.mongodb_uri else 'embedded'} answers")
        print(f"SMS: {'a Twilio account is set' if services.outbox.live else 'simulated, no Twilio account is set'}")

    return _with_services(settings, ping, loaded=False)


def _with_services(settings: Settings, work: Callable[[Services], Awaitable[None]], *, loaded: bool = True) -> int:
    """Run `work` on the wired services, without a port and without jobs. A database that is away is not waited for."""

    async def run() -> None:
        async with AsyncExitStack() as stack:
            wired = await wire(stack, settings, SystemClock(), settings.public_url or "http://localhost", COST)
            if loaded:
                await load(wired.services)
            await work(wired.services)

    asyncio.run(run())
    return 0
