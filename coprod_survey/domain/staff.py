"""The people who work with a survey, and what each may do."""

from dataclasses import dataclass
from enum import Enum


class Role(Enum):
    """A duty. One account has one role; lead and organiser are never the same person."""

    ORGANISER = "organiser"
    LEAD = "lead"
    MEMBER = "member"
    ADMIN = "admin"

    @property
    def reads_flags(self) -> bool:
        """Whether flags are sealed to people of this role."""
        return self is Role.LEAD

    def holds_results(self, *, demonstration: bool, members_present: bool) -> bool:
        """Whether people of this role are given the key that opens results, when a survey opens.

        An organiser alone never holds it (k = 1), except in a demonstration, where there is nobody to protect.
        Lived-experience members hold it where there are any; otherwise leads and administrators stand in.
        """
        if demonstration:
            return True
        return self is Role.MEMBER if members_present else self in (Role.LEAD, Role.ADMIN)


@dataclass(frozen=True)
class Person:
    """A staff account. `public_key` is X-Wing, 1,216 bytes; the secret half exists only behind the passphrase."""

    id: str
    name: str
    role: Role
    public_key: bytes
