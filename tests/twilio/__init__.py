"""A stand-in for Twilio's Messages API on loopback: `python -m tests.twilio` to play with by hand."""
