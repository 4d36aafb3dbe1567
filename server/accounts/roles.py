"""Who may do what: roles, the signed-in caller, and the one table of permissions. Pure.

A route without an entry here does not start, and neither does an entry without a route
(`handlers/routes.py` compares them). What depends on the object, such as "a doctor commands only
the own queue", is asked of `Principal`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Final

from server.errors import Forbidden


class Role(StrEnum):
    """What an account is; `user.role` in JSON."""

    PATIENT = "patient"
    DOCTOR = "doctor"
    RECEPTIONIST = "receptionist"
    ADMIN = "admin"


STAFF: Final = frozenset({Role.DOCTOR, Role.RECEPTIONIST, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something, as steps and the audit keep it. `role` is a Role's value or `system`, `public`, `display`."""

    id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller as the access token says; `family` is the session, `expires_at` the end of this token.

    `must_change_password`: they came in with a password that staff gave out, and have no own one yet.
    """

    account_id: str
    role: Role
    name: str
    doctor_id: str | None = None
    patient_id: str | None = None
    family: str = ""
    expires_at: datetime | None = None
    must_change_password: bool = False

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF

    @property
    def actor(self) -> Actor:
        """Whom steps and audit name; patients stay nameless there, since those outlive their record."""
        return Actor(self.account_id, "the patient" if self.role is Role.PATIENT else self.name, self.role.value)

    def commands(self, doctor_id: str) -> bool:
        """Whether the caller may command that doctor's queue: reception and admin any, a doctor the own one."""
        if self.role is Role.DOCTOR:
            return self.doctor_id == doctor_id
        return self.is_staff

    def acts_for(self, patient_id: str) -> bool:
        """Whether the caller may read and act for that patient: staff for all, a patient for themselves."""
        return self.is_staff or (bool(patient_id) and self.patient_id == patient_id)

    def check_password(self, entry: str) -> None:
        """Raises Forbidden for what takes a password of one's own; `entry` as in `PERMISSIONS`."""
        if self.must_change_password and entry not in BEFORE_OWN_PASSWORD:
            raise Forbidden(
                "Choose your own password first: POST /api/me/password/ with the one you were given as `old`."
            )


class Open(Enum):
    """Routes that ask for no role."""

    PUBLIC = "everyone"
    LOOPBACK = "this machine, or the metrics token"


PUBLIC: Final = Open.PUBLIC
LOOPBACK: Final = Open.LOOPBACK

Permission = frozenset[Role] | Open

SIGNED_IN: Final = frozenset(Role)
ADMIN: Final = frozenset({Role.ADMIN})
DESK: Final = frozenset({Role.RECEPTIONIST, Role.ADMIN})
SELF_OR_STAFF: Final = SIGNED_IN
SELF_OR_ADMIN: Final = frozenset({Role.PATIENT, Role.ADMIN})

# All that may be done after a sign-in with a password that was given out: staff have seen it, so that it must not
# be enough to see or change anything.
BEFORE_OWN_PASSWORD: Final = frozenset(
    {
        "POST /api/token/",
        "POST /api/token/refresh/",
        "POST /api/token/revoke/",
        "GET /api/me/",
        "POST /api/me/password/",
        "GET /api/clinic/",  # every page begins with it
    }
)

PERMISSIONS: Final[dict[str, Permission]] = {
    # sign-in and the own account
    "POST /api/token/": PUBLIC,
    "POST /api/token/refresh/": PUBLIC,
    "POST /api/token/revoke/": SIGNED_IN,
    "GET /api/me/": SIGNED_IN,
    "POST /api/me/password/": SIGNED_IN,
    # patients
    "POST /api/patients/": PUBLIC,
    "GET /api/patients/": STAFF,
    "GET /api/patients/duplicates/": DESK,
    "POST /api/patients/{patient_id}/distinct/": DESK,
    "POST /api/patients/{patient_id}/merge/": ADMIN,
    "GET /api/patients/{patient_id}/": SELF_OR_STAFF,
    "PATCH /api/patients/{patient_id}/": SELF_OR_STAFF,
    "DELETE /api/patients/{patient_id}/": SELF_OR_ADMIN,
    "GET /api/patients/{patient_id}/export/": SELF_OR_ADMIN,
    "POST /api/patients/{patient_id}/confirm/": SELF_OR_STAFF,
    "POST /api/patients/{patient_id}/password/": DESK,
    # patients and appointments from files
    "GET /api/imports/": ADMIN,
    "POST /api/imports/": ADMIN,
    "GET /api/imports/{import_id}/": ADMIN,
    "DELETE /api/imports/{import_id}/": ADMIN,
    "POST /api/imports/{import_id}/check/": ADMIN,
    "POST /api/imports/{import_id}/start/": ADMIN,
    "GET /api/imports/{import_id}/refused/": ADMIN,
    "GET /api/imports/{import_id}/refused/export/": ADMIN,
    # doctors
    "GET /api/doctors/": PUBLIC,
    "POST /api/doctors/": ADMIN,
    "GET /api/doctors/{doctor_id}/": PUBLIC,
    "PATCH /api/doctors/{doctor_id}/": ADMIN,
    "DELETE /api/doctors/{doctor_id}/": ADMIN,
    "GET /api/doctors/{doctor_id}/slots/": PUBLIC,
    # appointments
    "GET /api/appointments/": SELF_OR_STAFF,
    "POST /api/appointments/": SELF_OR_STAFF,
    "GET /api/appointments/{appointment_id}/": SELF_OR_STAFF,
    "POST /api/appointments/{appointment_id}/cancel/": SELF_OR_STAFF,
    "POST /api/appointments/{appointment_id}/reschedule/": SELF_OR_STAFF,
    "POST /api/appointments/{appointment_id}/check-in/": SELF_OR_STAFF,
    "POST /api/appointments/{appointment_id}/undo-check-in/": STAFF,
    # queues
    "POST /api/enqueue/": SELF_OR_STAFF,
    "GET /api/queue/{doctor_id}/": PUBLIC,
    "POST /api/notify-next/": STAFF,
    "POST /api/queue/{doctor_id}/pause/": STAFF,
    "POST /api/queue/{doctor_id}/open/": STAFF,
    "POST /api/queue/{doctor_id}/close/": STAFF,
    "POST /api/queue/{doctor_id}/undo/": STAFF,
    "POST /api/queue/{doctor_id}/transfer-all/": STAFF,
    "POST /api/queue/{doctor_id}/cancel-all/": STAFF,
    # tickets; the holder of the link may do three things
    "GET /api/tickets/{ticket_id}/": PUBLIC,
    "POST /api/tickets/{ticket_id}/call/": STAFF,
    "POST /api/tickets/{ticket_id}/recall/": STAFF,
    "POST /api/tickets/{ticket_id}/start/": STAFF,
    "POST /api/tickets/{ticket_id}/finish/": STAFF,
    "POST /api/tickets/{ticket_id}/no-show/": STAFF,
    "POST /api/tickets/{ticket_id}/put-back/": STAFF,
    "POST /api/tickets/{ticket_id}/hold/": STAFF,
    "POST /api/tickets/{ticket_id}/resume/": STAFF,
    "POST /api/tickets/{ticket_id}/transfer/": STAFF,
    "POST /api/tickets/{ticket_id}/left/": STAFF,
    "POST /api/tickets/{ticket_id}/priority/": STAFF,
    "POST /api/tickets/{ticket_id}/move/": STAFF,
    "POST /api/tickets/{ticket_id}/contact/": STAFF,
    "POST /api/tickets/{ticket_id}/cancel/": PUBLIC,
    "POST /api/tickets/{ticket_id}/rejoin/": PUBLIC,
    "POST /api/tickets/{ticket_id}/late/": PUBLIC,
    # messages
    "GET /api/notifications/": STAFF,
    "GET /api/notifications/export/": DESK,
    "GET /api/notifications/unreached/": STAFF,
    "GET /api/notifications/account/": STAFF,
    "GET /api/notifications/{notification_id}/": STAFF,
    "POST /api/notifications/{notification_id}/resend/": STAFF,
    "POST /api/notifications/{notification_id}/handled/": STAFF,
    "POST /api/notifications/{notification_id}/number/": STAFF,
    # Twilio shows who it is by its signature
    "POST /api/twilio/status/": PUBLIC,
    "POST /api/twilio/inbound/": PUBLIC,
    # administration
    "GET /api/users/": ADMIN,
    "POST /api/users/": ADMIN,
    "GET /api/users/{user_id}/": ADMIN,
    "PATCH /api/users/{user_id}/": ADMIN,
    "DELETE /api/users/{user_id}/": ADMIN,
    "POST /api/users/{user_id}/password/": ADMIN,
    "GET /api/displays/": ADMIN,
    "POST /api/displays/": ADMIN,
    "POST /api/displays/pairing/": PUBLIC,
    "POST /api/displays/pair/": STAFF,
    "GET /api/displays/{display_id}/": ADMIN,
    "PATCH /api/displays/{display_id}/": ADMIN,
    "DELETE /api/displays/{display_id}/": ADMIN,
    "POST /api/displays/{display_id}/reload/": DESK,
    "POST /api/displays/{display_id}/identify/": DESK,
    "GET /api/settings/": ADMIN,
    "GET /api/settings/holidays/": ADMIN,
    "PATCH /api/settings/": ADMIN,
    "POST /api/settings/texts/preview/": ADMIN,
    "GET /api/statistics/": ADMIN,
    "GET /api/statistics/export/": ADMIN,
    "GET /api/audit/": ADMIN,
    "GET /api/audit/export/": ADMIN,
    "GET /api/clinic/": PUBLIC,
    # operation and documentation
    "GET /healthz": PUBLIC,
    "GET /readyz": PUBLIC,
    "GET /metrics": LOOPBACK,
    "GET /api/openapi.json": PUBLIC,
    "GET /api/docs/": PUBLIC,
    # sockets say who they are in their first message
    "WS /ws/queue/{doctor_id}/": PUBLIC,
    "WS /ws/display/{display_id}/": PUBLIC,
    "WS /ws/ticket/{ticket_id}/": PUBLIC,
    "WS /ws/console/": PUBLIC,
    # pages
    "GET /": PUBLIC,
    "GET /t/{ticket_id}": PUBLIC,
    "GET /t/{ticket_id}/print": PUBLIC,
    "GET /t/{ticket_id}/qr.svg": PUBLIC,
    "GET /console/": PUBLIC,
    "GET /admin/": PUBLIC,
    "GET /kiosk/": PUBLIC,
    "GET /kiosk/{display_id!}": PUBLIC,
    "GET /kiosk/qr/{code}.svg": PUBLIC,
    "GET /kiosk/join/{code}.svg": PUBLIC,
    "GET /kiosk/{path*}": PUBLIC,
    "GET /favicon.ico": PUBLIC,
    "GET /static/{path*}": PUBLIC,
}
