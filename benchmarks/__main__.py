"""Every benchmark, one after the other: `make bench`. With a record's path also the replay.

python -m benchmarks [record.csv]
"""

from __future__ import annotations

import subprocess
import sys

SCRIPTS = ("startup", "reads", "joins", "sms", "logins", "sockets")


def main() -> int:
    """The number of scripts that failed."""
    commands = [[f"benchmarks.{name}"] for name in SCRIPTS]
    if len(sys.argv) > 1:
        commands.append(["benchmarks.replay", sys.argv[1]])
    failed = 0
    for command in commands:
        print(f"\n— {command[0].removeprefix('benchmarks.')}", flush=True)
        failed += subprocess.run([sys.executable, "-m", *command], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
