"""`python -m config.healthcheck`: exit 0 if the server of this environment answers /healthz. For containers.

Asks this machine only, and does not check the certificate: it is the public name's, not 127.0.0.1's.
"""

from __future__ import annotations

import ssl
import sys
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from config.settings import Settings


def alive(settings: Settings) -> bool:
    """Whether the server answers 200 within three seconds."""
    if settings.tls_cert is None:
        connection = HTTPConnection("127.0.0.1", settings.port, timeout=3)
    else:
        unchecked = ssl.create_default_context()
        unchecked.check_hostname = False
        unchecked.verify_mode = ssl.CERT_NONE
        connection = HTTPSConnection("127.0.0.1", settings.port, timeout=3, context=unchecked)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if alive(Settings()) else 1)
