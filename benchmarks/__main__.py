"""Every benchmark, one after the other: `make bench`. With a record's path also the replay.

python -m benchmarks [record.csv]

Those that look at pages are left out, and said to be, where there is no Chromium.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPTS = ("startup", "reads", "joins", "sms", "logins", "sockets", "history")
OF_PAGES = ("kiosk_latency", "console_pages")
CHROMIUM = Path("/usr/bin/chromium")


def main() -> int:
    """The number of scripts that failed."""
    pages = OF_PAGES if CHROMIUM.exists() else ()
    if not pages:
        print(f"left out for want of {CHROMIUM}: {', '.join(OF_PAGES)}")
    commands = [[f"benchmarks.{name}"] for name in (*SCRIPTS, *pages)]
    if len(sys.argv) > 1:
        commands.append(["benchmarks.replay", sys.argv[1]])
    failed = 0
    for command in commands:
        print(f"\n— {command[0].removeprefix('benchmarks.')}", flush=True)
        failed += subprocess.run([sys.executable, "-m", *command], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
