"""How identity refuses."""

from zamc.errors import ZamcError


class SignInRefused(ZamcError):
    """Not let in. code: "credentials" (whatever of them was wrong), "second_factor" (right so far; the code is missing or wrong),
    "session" (what was shown is over). The message says nothing about who exists."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class TokenRefused(ZamcError):
    """A token that is not good: changed, over, of another purpose, or used before. The message does not say which."""
