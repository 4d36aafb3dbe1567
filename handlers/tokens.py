"""Signing in and out, and the caller's own account."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field

from handlers.base import ApiHandler, operation
from handlers.schemas import Answer, Body, NewPassword, Password
from server.accounts.model import ACCESS_LIFE, REFRESH_LIFE, Account, Session
from server.accounts.roles import Role
from server.errors import InvalidCredentials, NotSignedIn, SlowDown, TokenExpired, TokenReused

COOKIE: Final = "clinic_refresh"
COOKIE_PATH: Final = "/api/token/"


class SignIn(Body):
    """`cookie: true` puts the refresh token into an HttpOnly cookie instead of the answer."""

    username: Annotated[str, Field(min_length=1, max_length=200)]
    password: Password
    cookie: bool = False


class Refresh(Body):
    """Without `refresh` the cookie is read."""

    refresh: Annotated[str, Field(min_length=1, max_length=4096)] | None = None


class SignOut(Body):
    everywhere: bool = False


class ChangePassword(Body):
    """`cookie: true` as when signing in."""

    old: Password
    new: NewPassword
    cookie: bool = False


class User(Answer):
    id: str
    username: str
    role: Role
    doctor_id: str | None
    patient_id: str | None
    name: str
    must_change_password: bool


class Me(User):
    """The own account; `tickets` are the places a patient holds in queues now."""

    tickets: list[str]


class TokenAnswer(Answer):
    """`refresh` is missing where it went into the cookie; `expires_in` is in seconds."""

    access: str
    refresh: str | None = None
    token_type: str
    expires_in: int
    user: User


class SessionHandler(ApiHandler):
    """What the handlers that give out tokens share."""

    def answer_session(self, session: Session, *, cookie: bool) -> None:
        """The token answer; the refresh token goes into the cookie or into the answer, never into both."""
        answer: dict[str, object] = {"access": session.access}
        if cookie:
            self.set_cookie(
                COOKIE, session.refresh, max_age=int(REFRESH_LIFE.total_seconds()), **self._cookie_attributes()
            )
        else:
            answer["refresh"] = session.refresh
        answer |= {
            "token_type": "Bearer",
            "expires_in": int(ACCESS_LIFE.total_seconds()),
            "user": user_answer(session.account),
        }
        self.answer(answer)

    def cookie_token(self) -> str | None:
        return self.get_cookie(COOKIE)

    def drop_cookie(self) -> None:
        if self.cookie_token() is not None:
            self.clear_cookie(COOKIE, **self._cookie_attributes())

    def _cookie_attributes(self) -> dict[str, Any]:
        secure = self.is_https or self.services.public_url.startswith("https:")
        return {"path": COOKIE_PATH, "httponly": True, "samesite": "Strict", "secure": secure}


class TokenHandler(SessionHandler):
    limited_writes = False  # wrong passwords are counted instead

    @operation(summary="Sign in", body=SignIn, answer=TokenAnswer, errors=(InvalidCredentials, SlowDown))
    async def post(self) -> None:
        given = self.body(SignIn)
        self.services.limits.before_sign_in(self.client_address)
        try:
            session = await self.services.accounts.sign_in(given.username, given.password)
        except InvalidCredentials:
            self.services.limits.failed(self.client_address)
            raise
        self.record_sign_in(session.account)
        self.answer_session(session, cookie=given.cookie)

    def record_sign_in(self, account: Account) -> None:
        if account.role is not Role.PATIENT:
            self.services.audit.record_soon(account.actor, "sign in", account.id)


class RefreshHandler(SessionHandler):
    limited_writes = False  # every page of a clinic behind one address does this

    @operation(
        summary="Exchange a refresh token for a new pair",
        body=Refresh,
        answer=TokenAnswer,
        errors=(NotSignedIn, TokenExpired, TokenReused),
    )
    async def post(self) -> None:
        """Each refresh token is good once. One that comes twice ends the whole session.

        A cookie may come again within ten seconds, from a page that was opened while the one before it was
        still asking: it gets the same new one, unless somebody has gone on from that.
        """
        accounts, given = self.services.accounts, self.body(Refresh).refresh
        cookie = self.cookie_token()
        if given is None and cookie is None:
            raise NotSignedIn("Send the refresh token in the body, or as the cookie.")
        session = await (accounts.refresh(given) if given else accounts.refresh_cookie(str(cookie)))
        self.answer_session(session, cookie=given is None)


class RevokeHandler(SessionHandler):
    @operation(summary="Sign out, here or everywhere", body=SignOut, status=204)
    async def post(self) -> None:
        await self.services.accounts.sign_out(self.signed_in(), everywhere=self.body(SignOut).everywhere)
        self.drop_cookie()
        self.answer_nothing()


class MeHandler(ApiHandler):
    @operation(summary="The own account", answer=Me)
    async def get(self) -> None:
        caller = self.signed_in()
        tickets = self.services.queues.open_tickets_of(caller.patient_id) if caller.patient_id else []
        account = await self.services.accounts.of_caller(caller)
        self.answer({**user_answer(account), "tickets": [ticket_id for _, ticket_id in tickets]})


class MyPasswordHandler(SessionHandler):
    @operation(
        summary="Change the own password",
        body=ChangePassword,
        answer=TokenAnswer,
        errors=(InvalidCredentials, SlowDown),
    )
    async def post(self) -> None:
        """Ends every session of the account and gives a new one."""
        given = self.body(ChangePassword)
        principal = self.signed_in()
        session = await self.services.accounts.change_password(principal, given.old, given.new)
        await self.services.audit.record(principal.actor, "change password", principal.account_id)
        self.answer_session(session, cookie=given.cookie)


def user_answer(account: Account) -> dict[str, str | bool | None]:
    """An account as `User` shows it."""
    return {
        "id": account.id,
        "username": account.username,
        "role": account.role.value,
        "doctor_id": account.doctor_id,
        "patient_id": account.patient_id,
        "name": account.name,
        "must_change_password": account.must_change_password,
    }


routes = [
    ("/api/token/", TokenHandler),
    ("/api/token/refresh/", RefreshHandler),
    ("/api/token/revoke/", RevokeHandler),
    ("/api/me/", MeHandler),
    ("/api/me/password/", MyPasswordHandler),
]
