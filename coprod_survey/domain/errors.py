"""Everything this software raises on purpose, under one root.

```
CoprodError
├── BadInput                 exit status 2: somebody gave us something that we cannot use
│   ├── InstrumentFaults     a questionnaire file with everything that is wrong in it
│   ├── Refused              a gate is not met, or the survey is in the wrong state
│   ├── SignInRefused        name, passphrase or second factor did not fit
│   ├── TokenRefused         a code or token is unknown, used or expired: one face for all three
│   ├── UnknownSurvey        no survey has this address
│   └── UnknownFlag          no flag has this id
└── Failed                   exit status 1: we could not do what was asked
    ├── Overloaded           too much at once; trying again later is right
    ├── DataFolderUnusable   the data folder is missing, locked, damaged or newer than this software
    └── CannotOpen           something sealed did not open, or does not hold what it should
```

No message ever carries an answer, a code, a token or a key.
"""

from dataclasses import dataclass


class CoprodError(Exception):
    """The root of every error that this software raises on purpose."""

    exit_status = 1


class BadInput(CoprodError):
    """What was given cannot be used; the message says in one sentence what to change."""

    exit_status = 2


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a file: where (JSON path), what, and how to mend it."""

    path: str
    wrong: str
    mend: str

    def __str__(self) -> str:
        return f"{self.path}: {self.wrong}; {self.mend}."


class InstrumentFaults(BadInput):
    """A questionnaire file cannot be used; `faults` holds everything that is wrong in it."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class Refused(BadInput):
    """A gate is not met, or the survey's state does not allow this."""


class SignInRefused(BadInput):
    """The sign-in did not work; it is never said which part was wrong."""

    def __init__(self) -> None:
        super().__init__("That name and passphrase do not go together. Check both and try again.")


class TokenRefused(BadInput):
    """A code or token was not accepted; unknown, used and expired look the same from outside."""

    def __init__(self) -> None:
        super().__init__("That code did not work. It may be mistyped or already used.")


class UnknownSurvey(BadInput):
    """No survey has this address."""

    def __init__(self) -> None:
        super().__init__("There is no survey at this address. Check the link or the card.")


class UnknownFlag(BadInput):
    """No flag has this id."""

    def __init__(self) -> None:
        super().__init__("That item is not in the inbox. Go back to the inbox and look again.")


class Failed(CoprodError):
    """What was asked could not be done, though nothing was wrong with the asking."""


class Overloaded(Failed):
    """There is too much to do at once; the same request may succeed later."""

    def __init__(self) -> None:
        super().__init__("The server is busy. Nothing was stored; try again in a moment.")


class DataFolderUnusable(Failed):
    """The data folder is missing, locked, damaged, or written by a newer version."""


class CannotOpen(Failed):
    """Something sealed did not open, or does not hold what it should; nothing of its content is said."""

    def __init__(self, message: str = "Something sealed could not be opened.") -> None:
        super().__init__(message)
