"""From a code to the credential that spends one turn: repeatable, and joined to nothing that is stored."""

from coprod_survey.crypto.redeeming import Credential, credential_from
from coprod_survey.domain.invitation import Code, code_hash

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
CODE, OTHER_CODE = Code("0123456789ABCDEF"), Code("0123456789ABCDEG")


def test_same_code_gives_the_same_credential() -> None:
    """A retry after a crash spends the same turn."""
    assert credential_from(KEY, CODE) == credential_from(KEY, CODE)


def test_credentials_of_two_codes_share_nothing() -> None:
    """Codes that differ in one character have different turns and different request keys."""
    one, two = credential_from(KEY, CODE), credential_from(KEY, OTHER_CODE)
    assert one.spend_id != two.spend_id
    assert one.request_key != two.request_key


def test_credentials_of_two_surveys_share_nothing() -> None:
    """The same code under another survey's key is another turn."""
    one, two = credential_from(KEY, CODE), credential_from(OTHER_KEY, CODE)
    assert one.spend_id != two.spend_id
    assert one.request_key != two.request_key


def test_spend_id_is_not_the_hash_that_invitations_keep() -> None:
    """What a submission stores of a turn and what an invitation stores of a code have no bytes in common use."""
    spend_id, stored = credential_from(KEY, CODE).spend_id, code_hash("amber-river-oak", CODE)
    assert len(spend_id) == len(stored) == 32
    assert spend_id != stored


def test_code_alone_does_not_give_the_spend_id() -> None:
    """Somebody who kept every code but has no key file cannot tell which turns are spent."""
    guesses = {credential_from(key, CODE).spend_id for key in (b"", bytes(32), CODE.encode(), OTHER_KEY)}
    assert credential_from(KEY, CODE).spend_id not in guesses


def test_two_parts_of_a_credential_are_independent() -> None:
    """The stored spend id is not the key of the request tag."""
    credential = credential_from(KEY, CODE)
    assert credential.spend_id != credential.request_key


def test_request_tag_recognises_the_same_request() -> None:
    """Equal requests have equal tags of 32 bytes, different ones different tags."""
    credential = credential_from(KEY, CODE)
    assert credential.request_tag(b"yes") == credential.request_tag(b"yes")
    assert credential.request_tag(b"yes") != credential.request_tag(b"no")
    assert len(credential.request_tag(b"")) == 32


def test_request_tag_depends_on_the_turn() -> None:
    """Two people who answer alike leave different tags."""
    assert credential_from(KEY, CODE).request_tag(b"yes") != credential_from(KEY, OTHER_CODE).request_tag(b"yes")


def test_repr_shows_no_secret() -> None:
    """A credential in a traceback is blank."""
    assert repr(Credential(b"spend-secret", b"request-secret")) == "Credential()"
