"""Turn a code into the credential that spends one turn, without leaving anything that joins the two.

The credential is derived with a per-survey key that lives in a key file, never in a database or a backup. So a dump
of the invitations and a dump of the submissions cannot be joined, not even by somebody who kept every code. The
next step makes it a blind-signed token (RFC 9474), of which this key holder knows nothing at all; what a submission
stores stays the same.
"""

from dataclasses import dataclass, field

from coprod_survey.crypto.derive import derive, tag


@dataclass(frozen=True)
class Credential:
    """The right to store one answer: `spend_id` (32 bytes) marks the turn, `request_key` recognises a retry."""

    spend_id: bytes = field(repr=False)
    request_key: bytes = field(repr=False)

    def request_tag(self, request: bytes) -> bytes:
        """Return 32 bytes that are the same for the same request and tell nothing about it without the key."""
        return tag(self.request_key, request)


def credential_from(survey_key: bytes, code: str) -> Credential:
    """Derive the credential of a code; the same code always gives the same one, so no crash costs a turn."""
    root = tag(survey_key, code.encode())
    return Credential(derive(root, "spend-id"), derive(root, "request-key"))
