"""Users, for administrators: staff accounts, and everybody's passwords and roles."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from handlers.base import ApiHandler, operation
from handlers.cursors import sealed
from handlers.schemas import Answer, Body, Change, Id, Name, NewPassword, PageQuery
from handlers.tokens import User, user_answer
from server.accounts.model import Account
from server.accounts.roles import Role
from server.doctors.service import DoctorService
from server.errors import Invalid, NotFound, WrongState

Username = Annotated[str, Field(min_length=3, max_length=64)]


class NewUser(Body):
    """`doctor_id` belongs to a doctor's account. Patients get their accounts by registering.

    `must_change_password`: the password lets in once; then the person chooses their own.
    """

    username: Username
    password: NewPassword
    role: Role
    name: Name | None = None
    doctor_id: Id | None = None
    must_change_password: bool = False


class UserChange(Body):
    """What is left out stays. A new role or doctor ends the user's sessions, and so does `active: false`, after which
    nobody signs in with the account until it is active again."""

    username: Change[Username] = None
    name: Change[Name] = None
    role: Change[Role] = None
    doctor_id: Change[Id] = None
    active: Change[bool] = None


class PasswordBody(Body):
    password: NewPassword


class ManagedUser(User):
    """An account as administrators see it."""

    active: bool


class UserPage(Answer):
    items: list[ManagedUser]
    next_cursor: str | None


class UserQuery(PageQuery):
    role: Role | None = None


class UsersHandler(ApiHandler):
    @operation(summary="Users, newest first", query=UserQuery, answer=UserPage)
    async def get(self) -> None:
        query = self.query(UserQuery)
        accounts = await self.services.accounts.page(query.role, query.cursor, query.limit)
        cursor = accounts[-1].order if len(accounts) == query.limit else None
        self.answer({"items": [_managed(account) for account in accounts], "next_cursor": sealed(cursor)})

    @operation(summary="Create a user", body=NewUser, answer=ManagedUser, status=201, idempotent=True)
    async def post(self) -> None:
        given = self.body(NewUser)
        if given.role is Role.PATIENT:
            raise Invalid.field("role", "patients get their account by registering")
        if given.doctor_id is not None:
            check_doctor(self.services.doctors, given.doctor_id)
        account = await self.services.accounts.create(
            username=given.username,
            password=given.password,
            role=given.role,
            name=given.name or "",
            doctor_id=given.doctor_id,
            id=self.command_id() if self.idempotency_key() else None,
            one_time=given.must_change_password,
        )
        self.audit("create user", account.id, role=account.role.value)
        self.answer(_managed(account), 201)


class UserHandler(ApiHandler):
    @operation(summary="One user", answer=ManagedUser, errors=(NotFound,))
    async def get(self, user_id: str) -> None:
        self.answer(_managed(await self.services.accounts.get(user_id)))

    @operation(summary="Change a user", body=UserChange, answer=ManagedUser, errors=(NotFound, WrongState))
    async def patch(self, user_id: str) -> None:
        given = self.body(UserChange)
        if given.doctor_id is not None:
            check_doctor(self.services.doctors, given.doctor_id)
        account = await self.services.accounts.update(user_id, **given.model_dump(exclude_none=True))
        done = {None: "change user", True: "switch user on", False: "switch user off"}[given.active]
        self.audit(done, user_id, role=account.role.value)
        self.answer(_managed(account))

    @operation(summary="Remove a user", status=204, errors=(NotFound, WrongState))
    async def delete(self, user_id: str) -> None:
        await self.services.accounts.delete(user_id)
        self.audit("remove user", user_id)
        self.answer_nothing()


class UserPasswordHandler(ApiHandler):
    @operation(summary="Set a user's password", body=PasswordBody, status=204, errors=(NotFound,))
    async def post(self, user_id: str) -> None:
        """Ends every session of the user. Somebody else's lets in once: then they choose their own."""
        caller = self.signed_in()
        password = self.body(PasswordBody).password
        await self.services.accounts.set_password(user_id, password, one_time=user_id != caller.account_id)
        await self.services.audit.record(caller.actor, "set password", user_id)
        self.answer_nothing()


def _managed(account: Account) -> dict[str, str | bool | None]:
    return {**user_answer(account), "active": account.active}


def check_doctor(doctors: DoctorService, doctor_id: str) -> None:
    """Raises Invalid where there is no such doctor."""
    try:
        doctors.get(doctor_id)
    except NotFound:
        raise Invalid.field("doctor_id", "there is no such doctor") from None


routes = [
    ("/api/users/", UsersHandler),
    ("/api/users/{user_id}/", UserHandler),
    ("/api/users/{user_id}/password/", UserPasswordHandler),
]
