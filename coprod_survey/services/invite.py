"""Make invitations: codes that are handed out once and kept only as hashes."""

from coprod_survey.crypto.sealing import envelope_bytes
from coprod_survey.domain.errors import Refused
from coprod_survey.domain.invitation import CODE_BYTES, Code, code_from, code_hash
from coprod_survey.domain.survey import invitation_refusal
from coprod_survey.ports import Entropy, InvitationStore, SubmissionStore, SurveyStore

MOST_AT_ONCE = 100_000


class Invite:
    """Make codes for an open survey."""

    def __init__(
        self, surveys: SurveyStore, invitations: InvitationStore, submissions: SubmissionStore, entropy: Entropy
    ) -> None:
        self._surveys = surveys
        self._invitations = invitations
        self._submissions = submissions
        self._entropy = entropy

    def make_codes(self, slug: str, count: int) -> list[Code]:
        """Return `count` new codes and make room for their answers; raises Refused for a survey that is not open."""
        survey = self._surveys.get(slug)
        refusal = invitation_refusal(survey)
        if refusal:
            raise Refused(refusal)
        if not 0 < count <= MOST_AT_ONCE:
            raise Refused(f"--count must be a whole number from 1 to {MOST_AT_ONCE}.")
        sealing = survey.sealed_with()
        codes = [code_from(self._entropy.token(CODE_BYTES)) for _ in range(count)]
        self._invitations.add(slug, [code_hash(slug, code) for code in codes])
        self._submissions.make_room(  # after adding, so that of two who make codes at once the later counts both
            slug,
            self._invitations.count(slug),
            envelope_bytes=envelope_bytes(sealing.answer_bucket),
            block_bytes=envelope_bytes(sealing.block_bucket),
        )
        return codes
