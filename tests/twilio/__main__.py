"""Run the stand-in by hand and print the settings that point the product at it."""

from __future__ import annotations

import argparse
import asyncio

from tests.twilio.faults import FAULTS, NUMBERS
from tests.twilio.server import ACCOUNT_SID, AUTH_TOKEN, StandIn


async def main(port: int, product: str) -> None:
    stand_in = StandIn(product=product)
    stand_in.start(port)
    print(f"TWILIO_API_URL={stand_in.url}")
    print(f"TWILIO_ACCOUNT_SID={ACCOUNT_SID}")
    print(f"TWILIO_AUTH_TOKEN={AUTH_TOKEN}")
    print("TWILIO_FROM_NUMBER=+12025550100")
    print(f"\nThe next text fails with: curl -d NAME {stand_in.url}/script   NAME: {', '.join(FAULTS)}")
    print("Numbers that always fail:", ", ".join(f"{number} ({name})" for number, name in NUMBERS.items()))
    print(f"PUBLIC_URL={stand_in.product}   (where reports and answers go)")
    print(
        f"What became of a message: curl -d 'report SID delivered' {stand_in.url}/script   or 'report SID failed 30003'"
    )
    print(f"Somebody answers: curl -d 'answer +12025550123 STOP' {stand_in.url}/script")
    print(f"What arrived: curl {stand_in.url}/script", flush=True)
    seen = 0
    while True:
        for post in (await stand_in.arrived(seen + 1))[seen:]:
            print(f"{post.sid or 'not accepted':34} to {post.form['To']}: {post.form['Body']}", flush=True)
            seen += 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.twilio", description=__doc__)
    parser.add_argument("--port", type=int, default=4010, help="0 = any (default 4010)")
    parser.add_argument("--product", default="http://127.0.0.1:8000", help="the product's PUBLIC_URL")
    given = parser.parse_args()
    try:
        asyncio.run(main(given.port, given.product))
    except KeyboardInterrupt:
        print()
