"""Use cases of accounts: create, sign in, refresh, sign out, change passwords and roles.

A password or role change ends every session in the same write: it raises the account's `epoch`, and
a session is good only in the epoch it began in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from server.accounts.attempts import Attempts
from server.accounts.last_admin import LastAdmin
from server.accounts.model import Account, OneTime, Session, check_username, normal_username
from server.accounts.passwords import Passwords, check_password, readable_password
from server.accounts.roles import Principal, Role
from server.accounts.sessions import Sessions
from server.accounts.store import AccountStore
from server.accounts.tokens import Tokens
from server.clock import Clock
from server.errors import (
    Faults,
    FieldError,
    Invalid,
    InvalidCredentials,
    NotFound,
    NotSignedIn,
    StorageUnavailable,
)
from server.ids import new_id, order_key
from server.storage.port import DuplicateKey, Storage

_TRIES: Final = 10


@dataclass(frozen=True, slots=True)
class Login:
    """A username with its password in clear, to be shown once."""

    username: str
    password: str


class AccountService:
    """Everything about who can sign in."""

    def __init__(self, storage: Storage, clock: Clock, passwords: Passwords, tokens: Tokens) -> None:
        self._accounts = AccountStore(storage)
        self._last_admin = LastAdmin(storage, clock, self._accounts)
        self._sessions = Sessions(storage, clock, tokens)
        self._clock = clock
        self._passwords = passwords
        self._attempts = Attempts()

    # Accounts.

    async def create(
        self,
        *,
        username: str,
        password: str,
        role: Role,
        name: str = "",
        doctor_id: str | None = None,
        patient_id: str | None = None,
        id: str | None = None,
        one_time: bool = False,
    ) -> Account:
        """A new account; with `one_time` its password lets in once.

        With `id` (derived from an Idempotency-Key) a repetition gives the account that exists.

        Raises Invalid for a username that is taken or a password that cannot be.
        """
        normal = self.check_new(username, password, role, doctor_id, patient_id)
        now = self._clock.now()
        account_id = id or new_id()
        account = Account(
            id=account_id,
            username=normal,
            password_hash=await self._passwords.hash(password, registration=role is Role.PATIENT),
            role=role,
            name=name.strip() or username.strip(),
            doctor_id=doctor_id,
            patient_id=patient_id,
            one_time=OneTime.FRESH if one_time else OneTime.NO,
            order=order_key(now, account_id),
            created_at=now,
        )
        try:
            await self._accounts.insert(account)
        except DuplicateKey:
            existing = await self._accounts.get(account_id)
            if existing is not None and existing.username == normal:
                return existing
            raise Invalid.field("username", "is taken; choose another one") from None
        return account

    def check_new(
        self,
        username: str,
        password: str,
        role: Role,
        doctor_id: str | None = None,
        patient_id: str | None = None,
    ) -> str:
        """The username's normal form; raises Invalid for whatever `create` would refuse without looking at others."""
        faults = Faults()
        normal = faults.read(lambda: check_username(username), "")
        faults.read(lambda: check_password(password), None)
        faults.read(lambda: _check_links(role, doctor_id, patient_id), None)
        faults.settle()
        return normal

    async def is_free(self, username: str) -> bool:
        """Whether nobody has this username at the moment."""
        return await self._accounts.by_username(normal_username(username)) is None

    async def get(self, account_id: str) -> Account:
        """Raises NotFound."""
        account = await self._accounts.get(account_id)
        if account is None:
            raise NotFound("There is no such user.")
        return account

    async def of_caller(self, principal: Principal) -> Account:
        """The account a token speaks for. Raises NotSignedIn where it is no more."""
        account = await self._accounts.get(principal.account_id)
        if account is None:
            raise NotSignedIn("This account is no more. Sign in with another one.")
        return account

    async def of_patient(self, patient_id: str) -> Account | None:
        """The account a patient signs in with, if any."""
        return await self._accounts.of_patient(patient_id)

    async def names(self, account_ids: list[str]) -> dict[str, str]:
        """Id → name of those that still exist."""
        return await self._accounts.names(account_ids)

    async def page(self, role: Role | None, before: str | None, limit: int) -> list[Account]:
        """Newest first."""
        return await self._accounts.page(role, before, limit)

    async def update(
        self,
        account_id: str,
        *,
        name: str | None = None,
        username: str | None = None,
        role: Role | None = None,
        doctor_id: str | None = None,
        active: bool | None = None,
    ) -> Account:
        """Change what is given. A new role or doctor, and no longer being active, ends all sessions.

        Raises NotFound, Invalid, WrongState.
        """

        def change(account: Account) -> Account:
            new_role = role or account.role
            new_doctor = (doctor_id or account.doctor_id) if new_role is Role.DOCTOR else None
            if new_role is not account.role and Role.PATIENT in (new_role, account.role):
                raise Invalid.field("role", "cannot change between patient and staff; make another user")
            _check_links(new_role, new_doctor, account.patient_id)
            off = active is False and account.active
            ends = off or (new_role, new_doctor) != (account.role, account.doctor_id)
            return replace(
                account,
                name=name.strip() if name is not None else account.name,
                username=check_username(username) if username is not None else account.username,
                role=new_role,
                doctor_id=new_doctor,
                active=account.active if active is None else active,
                epoch=account.epoch + ends,
            )

        if role in (None, Role.ADMIN) and active is not False:
            return await self._change(account_id, change)
        async with self._last_admin.leaves(account_id):
            return await self._change(account_id, change)

    async def delete(self, account_id: str) -> None:
        """Remove the account and its sessions. Raises NotFound, or WrongState for the last administrator."""
        account = await self.get(account_id)
        if account.role is Role.ADMIN:
            async with self._last_admin.leaves(account_id):
                await self._accounts.delete(account_id)
        else:
            await self._accounts.delete(account_id)
        await self._sessions.end_before(account_id, account.epoch + 1)

    async def hand_over(self, account_id: str, patient_id: str) -> Account:
        """Let a patient's account sign in for another record of the same patient; ends its sessions."""
        return await self._change(
            account_id, lambda account: replace(account, patient_id=patient_id, epoch=account.epoch + 1)
        )

    async def delete_of_patient(self, patient_id: str) -> None:
        """Remove the account of a patient who is being anonymised, if there is one."""
        account = await self._accounts.of_patient(patient_id)
        if account is not None:
            await self.delete(account.id)

    # Passwords.

    async def change_password(self, principal: Principal, old: str, new: str) -> Session:
        """The caller's own password; ends every session and gives a new one. Raises InvalidCredentials, Invalid."""
        check_password(new, "new")
        account = await self.of_caller(principal)
        if account.must_change_password and new == old:
            raise Invalid.field("new", "must be another one than the one you were given")
        try:
            await self._check(account.username, old, account)
        except InvalidCredentials:
            wrong = FieldError("old", "is not your password")
            raise InvalidCredentials("The old password is wrong.", errors=[wrong]) from None
        return await self._sessions.begin(await self._put_password(account.id, new))

    async def set_password(self, account_id: str, new: str, *, one_time: bool) -> Account:
        """A password chosen by an administrator; ends every session of the account. Raises NotFound, Invalid."""
        check_password(new)
        await self.get(account_id)
        return await self._put_password(account_id, new, OneTime.FRESH if one_time else OneTime.NO)

    async def reset_password(self, account_id: str) -> Login:
        """A random password in place of the forgotten one, to be told once; it lets in once."""
        password = readable_password()
        await self.get(account_id)
        account = await self._put_password(account_id, password, OneTime.FRESH)
        return Login(account.username, password)

    async def ensure_first_admin(self, username: str | None, password: str | None) -> Login | None:
        """Make the first administrator where there is none; what was generated is returned to be shown once."""
        if await self._accounts.page(Role.ADMIN, None, 1):
            return None
        login = Login(username or "admin", password or readable_password())
        try:
            await self.create(username=login.username, password=login.password, role=Role.ADMIN, name="Administrator")
        except Invalid:
            if await self._accounts.page(Role.ADMIN, None, 1):
                return None  # another process was first
            raise
        return login if password is None else None

    # Sessions.

    async def sign_in(self, username: str, password: str) -> Session:
        """Raises InvalidCredentials, or SlowDown after ten failures in a minute or in a storm of sign-ins."""
        normal = normal_username(username)
        account = await self._check(normal, password, await self._accounts.by_username(normal))
        return await self._sessions.begin(await self._used_once(account) if account.must_change_password else account)

    async def refresh(self, token: str) -> Session:
        """See `Sessions.refresh`."""
        return await self._sessions.refresh(token)

    async def refresh_cookie(self, token: str) -> Session:
        """See `Sessions.refresh_cookie`."""
        return await self._sessions.refresh_cookie(token)

    async def sign_out(self, principal: Principal, *, everywhere: bool = False) -> None:
        """End this session, or all of the account's."""
        if everywhere:
            await self.of_caller(principal)
            await self._change(principal.account_id, lambda account: replace(account, epoch=account.epoch + 1))
        else:
            await self._sessions.end(principal)

    async def forget_expired(self) -> None:
        """Remove sessions nobody can use any more; called by a job."""
        await self._sessions.forget_expired()

    async def _check(self, username: str, password: str, account: Account | None) -> Account:
        self._attempts.begin(username, self._clock.now())
        try:
            good = await self._passwords.verify(password, account.password_hash if account else None)
        finally:
            self._attempts.end(username)
        if not good or account is None:
            self._attempts.failed(username, self._clock.now())
            raise InvalidCredentials("The name or the password is wrong.")
        if not account.active:
            detail = "This account has been switched off. Ask an administrator."
            raise InvalidCredentials(detail, limit="switched_off")
        return account

    async def _used_once(self, account: Account) -> Account:
        """The account, its one-time password used up. Raises InvalidCredentials for whoever comes second."""
        used = await self._accounts.replace(replace(account, one_time=OneTime.USED))
        if account.one_time is OneTime.USED or used is None:
            self._attempts.failed(account.username, self._clock.now())
            raise InvalidCredentials("This password was for one sign-in only. Ask the desk for a new one.")
        return used

    async def _put_password(self, account_id: str, password: str, one_time: OneTime = OneTime.NO) -> Account:
        hashed = await self._passwords.hash(password)
        return await self._change(
            account_id,
            lambda account: replace(account, password_hash=hashed, one_time=one_time, epoch=account.epoch + 1),
        )

    async def _change(self, account_id: str, change: Callable[[Account], Account]) -> Account:
        """The one way an account is saved: read, change, write if unchanged; a new epoch ends the sessions."""
        for _ in range(_TRIES):
            before = await self.get(account_id)
            try:
                after = await self._accounts.replace(change(before))
            except DuplicateKey:
                raise Invalid.field("username", "is taken; choose another one") from None
            if after is not None:
                if after.epoch != before.epoch:
                    await self._sessions.end_before(account_id, after.epoch)
                return after
        raise StorageUnavailable("The account is being changed by others at this moment. Try again.")


def _check_links(role: Role, doctor_id: str | None, patient_id: str | None) -> None:
    if (role is Role.DOCTOR) != (doctor_id is not None):
        raise Invalid.field("doctor_id", "names the doctor of a doctor's account, and of no other")
    if (role is Role.PATIENT) != (patient_id is not None):
        raise Invalid.field("patient_id", "names the patient of a patient's account, and of no other")
