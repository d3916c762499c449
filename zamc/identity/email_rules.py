"""Addresses of people, pure."""

import re

from zamc.errors import InvalidInput

LONGEST = 254
# What mail systems deliver to in practice: no quoted local parts, no comments, no control or space (a line break would be a header).
_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")


def normalised_email(text: str) -> str:
    """In lower case, without spaces around it. Raises InvalidInput, which quotes no more than what people can read."""
    address = text.strip(" ").lower()
    if len(address) > LONGEST or not _ADDRESS.fullmatch(address):
        raise InvalidInput("email", f"{text[:80]!r} is not an e-mail address")
    return address
