"""Sessions: begun by a sign-in, carried on by refresh tokens of which one alone is good, ended at once.

Knows accounts only by their store: who may sign in, and with which password, is `service.py`'s.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from server.accounts.model import REFRESH_LIFE, Account, Family, Session
from server.accounts.roles import Principal
from server.accounts.store import AccountStore, FamilyStore
from server.accounts.tokens import RefreshClaims, Tokens
from server.clock import Clock, whole_seconds
from server.errors import NotSignedIn, StorageUnavailable, TokenReused
from server.ids import new_id
from server.storage.port import Storage

_TRIES: Final = 10
_MOST_UNDELIVERED: Final = 10_000


class Sessions:
    """The sessions of every account."""

    def __init__(self, storage: Storage, clock: Clock, tokens: Tokens) -> None:
        self._accounts = AccountStore(storage)
        self._families = FamilyStore(storage)
        self._clock = clock
        self._tokens = tokens
        self._undelivered: dict[str, str] = {}

    async def begin(self, account: Account) -> Session:
        """A new session, for somebody who has shown who they are."""
        family = Family(id=new_id(), account_id=account.id, epoch=account.epoch, jti=new_id(), expires_at=self._end())
        await self._families.insert(family)
        return self._session(account, family)

    async def refresh(self, token: str) -> Session:
        """The next pair of a session. One token used twice ends its session: TokenReused.

        Raises TokenExpired, NotSignedIn.
        """
        claims = self._tokens.read_refresh(token)
        account, family = await self._session_of(claims)
        if (rotated := await self._rotated(family, claims.jti)) is not None:
            return self._session(account, rotated)
        raise await self._ended_by_reuse(family.id)

    async def refresh_cookie(self, token: str) -> Session:
        """`refresh` for a browser, whose page may be left while the answer is under way.

        The next page then asks with the same cookie, perhaps at another process: for some seconds it gets the same
        token again, as long as nobody has gone on from that. Nothing is used twice, since nothing new is handed out.
        """
        claims = self._tokens.read_refresh(token)
        account, family = await self._session_of(claims)
        for _ in range(_TRIES):
            if not family.reused and family.has_just_replaced(claims.jti, self._clock.now()):
                self._undelivered.pop(claims.jti, None)
                return self._session(account, family)
            if (rotated := await self._rotated(family, claims.jti)) is not None:
                return self._session(account, rotated)
            lost_to = family.rev
            account, family = await self._session_of(claims)
            if family.rev == lost_to:
                break
        raise await self._ended_by_reuse(family.id)

    async def end(self, principal: Principal) -> None:
        """The caller's own session."""
        if principal.family:
            # First on disk: where that fails, the same request can be made again.
            await self._families.delete(principal.family)
            self._tokens.end_family(principal.family)

    async def end_before(self, account_id: str, epoch: int) -> None:
        """Every session of the account that began before `epoch`."""
        self._tokens.end_before(account_id, epoch)
        await self._families.delete_of(account_id)

    async def forget_expired(self) -> None:
        """Remove sessions nobody can use any more; called by a job."""
        while await self._families.delete_expired(self._clock.now()):
            pass

    def _session(self, account: Account, family: Family) -> Session:
        access = self._tokens.access(account, family.id)
        return Session(account, access, self._tokens.refresh(account, family.id, family.jti))

    def _end(self) -> datetime:
        return whole_seconds(self._clock.now() + REFRESH_LIFE)

    async def _session_of(self, claims: RefreshClaims) -> tuple[Account, Family]:
        """Raises NotSignedIn where the session has ended."""
        family = await self._families.get(claims.family)
        account = await self._accounts.get(claims.account_id)
        if family is None or account is None or family.account_id != account.id or family.epoch != account.epoch:
            raise NotSignedIn("This session has ended. Sign in again.")
        return account, family

    async def _rotated(self, family: Family, used: str) -> Family | None:
        """The session with its next token; None where `used` is not its good one, or no longer is.

        Where the database does not say whether it saved, that token is never handed out: whoever then comes again
        with `used` goes on from it and has used nothing twice.
        """
        current = family.jti == used or self._undelivered.get(used) == family.jti
        if family.reused or not current:
            return None
        now = self._clock.now()
        rotated = replace(family, jti=new_id(), before=used, rotated_at=now, expires_at=self._end())
        try:
            won = await self._families.replace(rotated)
        except StorageUnavailable:
            self._undelivered[used] = rotated.jti
            if len(self._undelivered) > _MOST_UNDELIVERED:
                del self._undelivered[next(iter(self._undelivered))]
            raise
        self._undelivered.pop(used, None)
        return rotated if won else None

    async def _ended_by_reuse(self, family_id: str) -> TokenReused:
        """Mark the session as stolen for whoever comes with any of its tokens; what to raise."""
        self._tokens.end_family(family_id)
        for _ in range(_TRIES):
            family = await self._families.get(family_id)
            if family is None or family.reused or await self._families.replace(replace(family, reused=True)):
                break
        return TokenReused("This refresh token was used before. The session has been ended: sign in again.")
