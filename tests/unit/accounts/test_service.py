"""Accounts and sessions on a database that fails at the worst moment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from server.accounts.passwords import Passwords
from server.accounts.roles import Role
from server.accounts.service import AccountService
from server.accounts.tokens import Tokens
from server.errors import Invalid, NotSignedIn, StorageUnavailable, TokenReused, WrongState
from server.storage.port import Storage
from tests.clocks import TurnedClock
from tests.storage.faulty import FaultyStorage
from tests.storage.support import home, sqlite_home, storage, wire_server

__all__ = ["home", "sqlite_home", "storage", "wire_server"]

PASSWORD = "a-good-password"
FAMILIES = "refresh_families"


@pytest.fixture
def faulty(storage: Storage) -> FaultyStorage:
    return FaultyStorage(storage)


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    pool = Passwords(cost=4)
    yield pool
    pool.close()


@pytest.fixture
def accounts(faulty: FaultyStorage, passwords: Passwords, clock: TurnedClock) -> AccountService:
    return AccountService(faulty, clock, passwords, Tokens(b"s" * 32, clock))


async def make_admin(accounts: AccountService, username: str = "boss") -> str:
    return (await accounts.create(username=username, password=PASSWORD, role=Role.ADMIN)).id


@pytest.mark.gen_test
async def test_a_refresh_whose_reply_was_lost_can_be_repeated_once(
    accounts: AccountService, faulty: FaultyStorage
) -> None:
    await make_admin(accounts)
    first = await accounts.sign_in("boss", PASSWORD)
    faulty.lose_reply(FAMILIES)
    with pytest.raises(StorageUnavailable):
        await accounts.refresh(first.refresh)
    second = await accounts.refresh(first.refresh)
    with pytest.raises(TokenReused):
        await accounts.refresh(first.refresh)
    with pytest.raises(TokenReused):
        await accounts.refresh(second.refresh)


@pytest.mark.gen_test
async def test_a_refresh_that_was_not_written_can_be_repeated(accounts: AccountService, faulty: FaultyStorage) -> None:
    await make_admin(accounts)
    first = await accounts.sign_in("boss", PASSWORD)
    faulty.fail_before(FAMILIES)
    with pytest.raises(StorageUnavailable):
        await accounts.refresh(first.refresh)
    second = await accounts.refresh(first.refresh)
    await accounts.refresh(second.refresh)


@pytest.mark.gen_test
async def test_of_many_refreshes_with_one_token_one_wins_and_the_session_ends(accounts: AccountService) -> None:
    await make_admin(accounts)
    first = await accounts.sign_in("boss", PASSWORD)
    results = await asyncio.gather(*(accounts.refresh(first.refresh) for _ in range(10)), return_exceptions=True)
    winners = [result for result in results if not isinstance(result, BaseException)]
    assert len(winners) == 1
    assert all(isinstance(result, TokenReused) for result in results if isinstance(result, BaseException))
    with pytest.raises(TokenReused):
        await accounts.refresh(winners[0].refresh)


@pytest.mark.gen_test
async def test_a_cookie_may_come_again_at_another_process_for_some_seconds(
    storage: Storage, passwords: Passwords, clock: TurnedClock
) -> None:
    one, other = (AccountService(storage, clock, passwords, Tokens(b"s" * 32, clock)) for _ in range(2))
    await make_admin(one)
    left = (await one.sign_in("boss", PASSWORD)).refresh
    both = await asyncio.gather(one.refresh_cookie(left), other.refresh_cookie(left))
    clock.turn(seconds=9)
    late = await other.refresh_cookie(left)
    assert both[0].refresh == both[1].refresh
    onward = await other.refresh_cookie(late.refresh)
    with pytest.raises(TokenReused):
        await one.refresh_cookie(left)
    with pytest.raises(TokenReused):
        await one.refresh_cookie(onward.refresh)


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.gen_test
async def test_a_cookie_that_comes_late_or_a_token_that_comes_again_ends_the_session(
    storage: Storage, passwords: Passwords, clock: TurnedClock, late: bool
) -> None:
    one, other = (AccountService(storage, clock, passwords, Tokens(b"s" * 32, clock)) for _ in range(2))
    await make_admin(one)
    first = (await one.sign_in("boss", PASSWORD)).refresh
    second = (await one.refresh_cookie(first)).refresh
    clock.turn(seconds=10 * late)
    with pytest.raises(TokenReused):
        await (other.refresh_cookie if late else other.refresh)(first)
    with pytest.raises(TokenReused):
        await one.refresh_cookie(second)


@pytest.mark.gen_test
async def test_a_sign_in_beside_a_password_change_does_not_survive_it(
    accounts: AccountService, faulty: FaultyStorage
) -> None:
    """The old password was checked before the change, and the session is written after it."""
    account_id = await make_admin(accounts)
    gate = faulty.hold(FAMILIES, "insert")
    late = asyncio.ensure_future(accounts.sign_in("boss", PASSWORD))
    await gate.reached.wait()
    await accounts.set_password(account_id, "another-password", one_time=False)
    gate.open.set()
    session = await late
    with pytest.raises(NotSignedIn):
        await accounts.refresh(session.refresh)


@pytest.mark.gen_test
async def test_an_account_under_its_own_id_is_made_once(accounts: AccountService) -> None:
    first = await accounts.create(username="boss", password=PASSWORD, role=Role.ADMIN, id="A" * 32)
    again = await accounts.create(username="boss", password=PASSWORD, role=Role.ADMIN, id="A" * 32)
    assert first == again
    with pytest.raises(Invalid):
        await accounts.create(username="boss", password=PASSWORD, role=Role.ADMIN, id="B" * 32)


@pytest.mark.gen_test
async def test_of_many_with_one_username_one_gets_it(accounts: AccountService) -> None:
    results = await asyncio.gather(
        *(make_admin(accounts, name) for name in ("ﬁrst", "FIRST", "first")), return_exceptions=True
    )
    assert sum(isinstance(result, str) for result in results) == 1
    assert all(isinstance(result, str | Invalid) for result in results)


@pytest.mark.gen_test
async def test_the_first_administrator_is_made_once(accounts: AccountService) -> None:
    made = await accounts.ensure_first_admin(None, None)
    assert made is not None
    await accounts.sign_in(made.username, made.password)
    assert await accounts.ensure_first_admin(None, None) is None
    assert await accounts.ensure_first_admin("other", PASSWORD) is None
    with pytest.raises(WrongState):
        await accounts.delete((await accounts.page(Role.ADMIN, None, 1))[0].id)


@pytest.mark.parametrize("way", ["demote", "delete"])
@pytest.mark.gen_test
async def test_of_administrators_who_remove_each_other_at_once_one_is_left(
    accounts: AccountService, faulty: FaultyStorage, passwords: Passwords, clock: TurnedClock, way: str
) -> None:
    other = AccountService(faulty.inner, clock, passwords, Tokens(b"s" * 32, clock))
    first, second = await make_admin(accounts, "first"), await make_admin(accounts, "second")

    async def leave(at: AccountService, account_id: str) -> None:
        if way == "delete":
            await at.delete(account_id)
        else:
            await at.update(account_id, role=Role.RECEPTIONIST)

    gate = faulty.hold("accounts", "delete" if way == "delete" else "replace_if_unchanged")
    leaving = asyncio.ensure_future(leave(accounts, first))
    await gate.reached.wait()
    with pytest.raises(WrongState):
        await leave(other, second)
    gate.open.set()
    await leaving
    assert [account.id for account in await other.page(Role.ADMIN, None, 5)] == [second]
    await make_admin(other, "third")
    await leave(other, second)


@pytest.mark.gen_test
async def test_who_may_be_gone_already_keeps_the_other_administrator_for_a_while(
    accounts: AccountService, faulty: FaultyStorage, clock: TurnedClock
) -> None:
    first, second = await make_admin(accounts, "first"), await make_admin(accounts, "second")
    faulty.fail_before("accounts")
    with pytest.raises(StorageUnavailable):
        await accounts.update(first, role=Role.RECEPTIONIST)
    with pytest.raises(WrongState):
        await accounts.delete(second)
    clock.turn(minutes=3)
    await accounts.delete(second)
    with pytest.raises(WrongState):
        await accounts.delete(first)


@pytest.mark.gen_test
async def test_a_change_that_is_refused_leaves_everybody_free_to_step_down(accounts: AccountService) -> None:
    first, second = await make_admin(accounts, "first"), await make_admin(accounts, "second")
    with pytest.raises(Invalid):
        await accounts.update(first, role=Role.DOCTOR)
    await accounts.update(second, role=Role.RECEPTIONIST)
    with pytest.raises(WrongState):
        await accounts.update(first, role=Role.RECEPTIONIST)


@pytest.mark.gen_test
async def test_sessions_nobody_can_use_are_forgotten(
    accounts: AccountService, storage: Storage, clock: TurnedClock
) -> None:
    await make_admin(accounts)
    await accounts.sign_in("boss", PASSWORD)
    clock.turn(days=3)
    kept = await accounts.sign_in("boss", PASSWORD)
    clock.turn(days=4, seconds=2)
    await accounts.forget_expired()
    assert len(await storage.find(FAMILIES, {})) == 1
    await accounts.refresh(kept.refresh)


@pytest.mark.gen_test
async def test_a_session_whose_end_was_not_written_can_be_ended_again(
    faulty: FaultyStorage, passwords: Passwords, clock: TurnedClock
) -> None:
    tokens = Tokens(b"s" * 32, clock)
    accounts = AccountService(faulty, clock, passwords, tokens)
    await make_admin(accounts)
    session = await accounts.sign_in("boss", PASSWORD)
    principal = tokens.verify(session.access)
    faulty.fail_before(FAMILIES, "delete")
    with pytest.raises(StorageUnavailable):
        await accounts.sign_out(principal)
    assert tokens.verify(session.access) == principal
    await accounts.sign_out(principal)
    with pytest.raises(NotSignedIn):
        await accounts.refresh(session.refresh)
