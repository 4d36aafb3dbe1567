"""Accounts and sessions in the database: the shape of both documents, and no rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from server.accounts.model import Account, Family, OneTime
from server.accounts.roles import Role
from server.clock import whole_seconds
from server.storage.port import Condition, Document, In, Range, Storage

ACCOUNTS = "accounts"
FAMILIES = "refresh_families"


class AccountStore:
    """The collection `accounts`."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def get(self, account_id: str) -> Account | None:
        document = await self._storage.get(ACCOUNTS, account_id)
        return _account(document) if document else None

    async def by_username(self, username: str) -> Account | None:
        """`username` in its normal form."""
        found = await self._storage.find(ACCOUNTS, {"username": username}, limit=1)
        return _account(found[0]) if found else None

    async def of_patient(self, patient_id: str) -> Account | None:
        found = await self._storage.find(ACCOUNTS, {"patient_id": patient_id}, limit=1)
        return _account(found[0]) if found else None

    async def names(self, account_ids: Iterable[str]) -> dict[str, str]:
        """Id → name of those that exist; at most some hundreds."""
        wanted = sorted(set(account_ids))
        if not wanted:
            return {}
        found = await self._storage.find(ACCOUNTS, {"_id": In(wanted)}, limit=len(wanted))
        return {document["_id"]: document["name"] for document in found}

    async def page(self, role: Role | None, before: str | None, limit: int) -> list[Account]:
        """Newest first; `before` is the last one's `order`."""
        where: dict[str, Condition] = {}
        if role is not None:
            where["role"] = role.value
        if before is not None:
            where["order"] = Range(lt=before)
        found = await self._storage.find(ACCOUNTS, where, sort="order", descending=True, limit=limit)
        return [_account(document) for document in found]

    async def insert(self, account: Account) -> None:
        """Raises DuplicateKey on the id or the username."""
        await self._storage.insert(ACCOUNTS, _account_document(account))

    async def replace(self, account: Account) -> Account | None:
        """The account as it now stands; None if somebody else changed it. Raises DuplicateKey."""
        if await self._storage.replace_if_unchanged(ACCOUNTS, _account_document(account)):
            return replace(account, rev=account.rev + 1)
        return None

    async def delete(self, account_id: str) -> bool:
        return await self._storage.delete(ACCOUNTS, account_id)


class FamilyStore:
    """The collection `refresh_families`."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def get(self, family_id: str) -> Family | None:
        document = await self._storage.get(FAMILIES, family_id)
        return _family(document) if document else None

    async def insert(self, family: Family) -> None:
        await self._storage.insert(FAMILIES, _family_document(family))

    async def replace(self, family: Family) -> bool:
        """False if another refresh was faster."""
        return await self._storage.replace_if_unchanged(FAMILIES, _family_document(family))

    async def delete(self, family_id: str) -> None:
        await self._storage.delete(FAMILIES, family_id)

    async def delete_of(self, account_id: str) -> None:
        """Remove every session of the account."""
        while found := await self._storage.find(FAMILIES, {"account_id": account_id}):
            for document in found:
                await self._storage.delete(FAMILIES, document["_id"])

    async def delete_expired(self, now: datetime) -> int:
        """Remove some of what nobody can use any more; says how many."""
        found = await self._storage.find(FAMILIES, {"expires_at": Range(lt=whole_seconds(now))})
        for document in found:
            await self._storage.delete(FAMILIES, document["_id"])
        return len(found)


def _account(document: Document) -> Account:
    return Account(
        id=document["_id"],
        username=document["username"],
        password_hash=document["password_hash"],
        role=Role(document["role"]),
        name=document["name"],
        doctor_id=document["doctor_id"] or None,
        patient_id=document["patient_id"] or None,
        epoch=document["epoch"],
        one_time=OneTime(document.get("one_time", "")),
        active=document.get("active", True),
        order=document["order"],
        created_at=document["created_at"],
        rev=document["rev"],
    )


def _account_document(account: Account) -> Document:
    return {
        "_id": account.id,
        "rev": account.rev,
        "order": account.order,
        "username": account.username,
        "password_hash": account.password_hash,
        "role": account.role.value,
        "name": account.name,
        "doctor_id": account.doctor_id or "",
        "patient_id": account.patient_id or "",
        "epoch": account.epoch,
        "one_time": account.one_time.value,
        "active": account.active,
        "created_at": account.created_at,
    }


def _family(document: Document) -> Family:
    return Family(
        id=document["_id"],
        account_id=document["account_id"],
        epoch=document["epoch"],
        jti=document["jti"],
        expires_at=document["expires_at"],
        before=document.get("before", ""),
        rotated_at=document.get("rotated_at"),
        reused=document["reused"],
        rev=document["rev"],
    )


def _family_document(family: Family) -> Document:
    return {
        "_id": family.id,
        "rev": family.rev,
        "account_id": family.account_id,
        "epoch": family.epoch,
        "jti": family.jti,
        "expires_at": whole_seconds(family.expires_at),
        "before": family.before,
        "rotated_at": family.rotated_at,
        "reused": family.reused,
    }
