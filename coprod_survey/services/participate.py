"""Take one answer, exactly once, and seal it the moment it arrives. Holds public keys only."""

from coprod_survey.crypto.redeeming import Credential, credential_from
from coprod_survey.crypto.sealing import seal
from coprod_survey.domain.answers import Answers, encode_response
from coprod_survey.domain.errors import TokenRefused
from coprod_survey.domain.flag import Flag
from coprod_survey.domain.invitation import Code, code_hash
from coprod_survey.domain.survey import Survey
from coprod_survey.ports import Entropy, InvitationStore, Received, Secrets, Submission, SubmissionStore
from coprod_survey.services.keyholding import answer_purpose, block_purpose, code_key_file
from coprod_survey.services.screen_and_flag import flag_for

FLAG_ID_BYTES = 16


class Participate:
    """Redeem a code for one stored answer."""

    def __init__(
        self, invitations: InvitationStore, submissions: SubmissionStore, secrets: Secrets, entropy: Entropy
    ) -> None:
        self._invitations = invitations
        self._submissions = submissions
        self._secrets = secrets
        self._entropy = entropy

    def receive(
        self, survey: Survey, code: Code, answers: Answers, *, language: str, asked_to_be_read: bool
    ) -> Received:
        """Store an answer: STORED the first time, REPEATED for the same request again.

        Raises TokenRefused for an unknown code and for a code already used for another answer. Invitations are only
        read here; all that is written goes into one transaction of one file, so no crash costs a turn.
        """
        credential, issued = self._redeem(survey.slug, code)
        encoded = encode_response(survey.instrument, answers, language)
        request_tag = credential.request_tag(encoded + bytes([asked_to_be_read]))
        received = self._submissions.find(survey.slug, credential.spend_id, request_tag)
        if not issued:  # only now, so that an unknown code takes about as long as a used one
            raise TokenRefused
        if received is None:
            flag = flag_for(
                survey.instrument,
                answers,
                language=language,
                asked_to_be_read=asked_to_be_read,
                flag_id=self._entropy.token(FLAG_ID_BYTES).hex(),
            )
            submission = _sealed(survey, encoded, flag, spent=(credential.spend_id, request_tag))
            received = self._submissions.accept(survey.slug, submission)
        if received is Received.CONFLICT:
            raise TokenRefused
        return received

    def _redeem(self, slug: str, code: Code) -> tuple[Credential, bool]:
        """Turn a code into the credential of its turn, and say whether it was issued. The seam for blind tokens."""
        credential = credential_from(self._secrets.get(code_key_file(slug)), code)
        return credential, self._invitations.knows(slug, code_hash(slug, code))


def _sealed(survey: Survey, encoded: bytes, flag: Flag | None, *, spent: tuple[bytes, bytes]) -> Submission:
    """Seal answer and block; a response with nothing to read carries a dummy block of the same size."""
    sealing, slug = survey.sealed_with(), survey.slug
    block = flag.encode() if flag else b""
    return Submission(
        spend_id=spent[0],
        request_tag=spent[1],
        envelope=seal(encoded, sealing.answer_key, answer_purpose(slug), bucket=sealing.answer_bucket),
        block=seal(block, sealing.block_key, block_purpose(slug), bucket=sealing.block_bucket),
    )
