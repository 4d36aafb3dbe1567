"""What Twilio tells us: what became of a message, and what somebody answered. Signed, or refused.

The signature covers the address as Twilio knows it: PUBLIC_URL and the request's path and query, whatever
proxies stand between and whatever they do to Host.
"""

from __future__ import annotations

from handlers.base import ApiHandler, operation
from server.errors import Forbidden
from server.sms.signature import Form, is_signed
from server.sms.words import wish_of

NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


class TwilioHandler(ApiHandler):
    """Base of both: not counted as an anonymous writer, because the signature says who writes."""

    limited_writes = False

    def form(self) -> Form:
        """The form Twilio sent. Raises Forbidden without a valid signature, or without an account."""
        token = self.services.settings.twilio_auth_token
        signature = self.request.headers.get("X-Twilio-Signature", "")
        url = f"{self.services.public_url}{self.request.uri}"
        try:
            form = Form.parse(self.raw_body)
        except ValueError:
            raise Forbidden("This is not a form that Twilio signed.") from None
        if token is None or not is_signed(token.get_secret_value(), url, form, signature):
            raise Forbidden("The signature is not Twilio's for this address and form; check PUBLIC_URL.")
        return form


class StatusHandler(TwilioHandler):
    @operation(summary="Twilio reports what became of a message", status=204, errors=(Forbidden,))
    async def post(self) -> None:
        """Form fields MessageSid, MessageStatus and ErrorCode; `m` and `a` in the query are our own ids."""
        form = self.form()
        code = form.get("ErrorCode")
        await self.services.outbox.receipts.callback(
            self.get_query_argument("m", ""),
            self.get_query_argument("a", ""),
            form.get("MessageSid") or form.get("SmsSid"),
            form.get("MessageStatus") or form.get("SmsStatus"),
            int(code) if code.isdecimal() else None,
        )
        self.answer_nothing()


class InboundHandler(TwilioHandler):
    @operation(summary="Twilio brings what somebody answered", answer=str, media_type="text/xml", errors=(Forbidden,))
    async def post(self) -> None:
        """STOP, START and HELP are recorded and heeded; Twilio itself answers them, and nothing else is answered."""
        form = self.form()
        number, wish = form.get("From"), wish_of(form.get("Body"), form.get("OptOutType"))
        if wish is not None and number.startswith("+"):
            await self.services.outbox.suppression.hear(number, wish, form.get("MessageSid"))
        self.set_header("Content-Type", "text/xml; charset=UTF-8")
        self.write(NO_ANSWER)


routes = [
    ("/api/twilio/status/", StatusHandler),
    ("/api/twilio/inbound/", InboundHandler),
]
