"""Blind tokens, the side that holds public keys: the published vectors, and nothing but an honest token is taken."""

import hashlib
import json
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path

import gmpy2
import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
)

from coprod_survey.crypto import blind_tokens
from coprod_survey.crypto.blind_signer import Signer, generate_key, load_key
from coprod_survey.crypto.blind_tokens import (
    EXPONENT,
    INPUT_BYTES,
    TOKEN_BYTES,
    ClientState,
    KeyBroken,
    PublicKey,
    TokenBroken,
    TokenPurpose,
    blind,
    challenge_digest,
    encode_pss,
    finalize,
    state_from,
    token_input,
    verify,
)

VECTORS = Path(__file__).parents[1] / "vectors"
RFC9474 = {case["name"]: case for case in json.loads((VECTORS / "rfc9474.json").read_text(encoding="utf-8"))}
RFC9578 = json.loads((VECTORS / "rfc9578_blind_rsa.json").read_text(encoding="utf-8"))
BLINDRSA_TS = json.loads((VECTORS / "blindrsa_ts.json").read_text(encoding="utf-8"))
SLUG, SECRET = "amber-river-oak", bytes(range(32))
CHALLENGE = challenge_digest(TokenPurpose.ANSWER, SLUG)
SIGNER, OTHER = generate_key(), generate_key()
KEY = SIGNER.public_key


def token_of(signer: Signer = SIGNER, challenge: bytes = CHALLENGE, secret: bytes = SECRET) -> bytes:
    """Go through the whole protocol as an honest client."""
    key = signer.public_key
    state = state_from(secret, key)
    message = token_input(state.nonce, challenge, key)
    return finalize(signer.blind_sign(blind(message, key, state)), message, key, state)


TOKEN = token_of()


def resigned(salt_bytes: int, *, hashed: type[SHA384] | type[SHA256] = SHA384) -> bytes:
    """Return the token signed openly by its own private key, with a PSS salt of another length or another hash."""
    message = TOKEN[:INPUT_BYTES]
    pss = padding.PSS(padding.MGF1(hashed()), salt_bytes)
    return message + SIGNER.private.sign(message, pss, hashed())


@pytest.mark.parametrize("name", ["RSABSSA-SHA384-PSS-Deterministic", "RSABSSA-SHA384-PSSZERO-Deterministic"])
def test_encoding_is_the_published_one(name: str) -> None:
    """The vector's message and salt encode to the vector's encoded message, with and without a salt."""
    case = RFC9474[name]
    encoded = encode_pss(bytes.fromhex(case["msg"]), bytes.fromhex(case["salt"]), bits=4095)
    assert encoded == int(case["encoded_msg"], 16)


@pytest.mark.parametrize("case", RFC9474.values(), ids=RFC9474.keys())
def test_blinding_is_the_published_one(case: Mapping[str, str]) -> None:
    """Message, salt and factor of each RFC 9474 vector give its blinded message, and its signature unblinds."""
    modulus = int(case["n"], 16)
    factor = int(gmpy2.invert(int(case["inv"], 16), modulus))
    encoded = encode_pss(bytes.fromhex(case["input_msg"]), bytes.fromhex(case["salt"]), bits=4095)
    assert blind_tokens._cover(encoded, factor, modulus) == int(case["blinded_msg"], 16)
    assert blind_tokens._uncover(int(case["blind_sig"], 16), factor, modulus) == int(case["sig"], 16)


@pytest.mark.parametrize("case", RFC9578, ids=range(len(RFC9578)))
def test_tokens_are_the_published_ones(case: Mapping[str, str]) -> None:
    """Each RFC 9578 vector gives its token request, and its token response finalises to its token, which verifies."""
    key = PublicKey.from_spki(bytes.fromhex(case["pkS"]))
    challenge = hashlib.sha256(bytes.fromhex(case["token_challenge"])).digest()
    nonce, salt = bytes.fromhex(case["nonce"]), bytes.fromhex(case["salt"])
    state = ClientState(nonce, salt, int(case["blind"], 16))
    message = token_input(nonce, challenge, key)
    request = b"\x00\x02" + key.key_id[-1:] + blind(message, key, state)
    assert request.hex() == case["token_request"]
    token = finalize(bytes.fromhex(case["token_response"]), message, key, state)
    assert token.hex() == case["token"]
    assert len(verify(token, key, challenge)) == 32


@pytest.mark.parametrize("case", BLINDRSA_TS["answers"], ids=range(len(BLINDRSA_TS["answers"])))
def test_another_implementation_gives_the_same_answers(case: Mapping[str, str]) -> None:
    """From message, salt and factor of @cloudflare/blindrsa-ts come its blinded message and its signature."""
    private = load_der_private_key(bytes.fromhex(BLINDRSA_TS["pkcs8"]), None)
    assert isinstance(private, rsa.RSAPrivateKey)
    key = PublicKey(private.public_key().public_numbers().n)
    message, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
    factor = int(gmpy2.invert(int(case["inv"], 16), key.modulus))
    state = ClientState(bytes(32), salt_in(int.from_bytes(signature, "big"), key.modulus), factor)
    assert blind(message, key, state).hex() == case["blinded_msg"]
    assert finalize(bytes.fromhex(case["blind_sig"]), message, key, state) == message + signature


def salt_in(signature: int, modulus: int) -> bytes:
    """Read the salt out of a signature of 2,048 bits (RFC 8017, 9.1.2): the last 48 bytes of the unmasked block."""
    encoded = pow(signature, EXPONENT, modulus).to_bytes(256, "big")
    masked, digest = encoded[:207], encoded[207:255]
    mask = b"".join(hashlib.sha384(digest + bytes([0, 0, 0, number])).digest() for number in range(5))
    return bytes(a ^ b for a, b in zip(masked, mask, strict=False))[-48:]


def test_key_of_the_vector_survives_its_encoding() -> None:
    """Our encoding of the published key is the published encoding, and its hash the key id inside the token."""
    spki, token = bytes.fromhex(RFC9578[0]["pkS"]), bytes.fromhex(RFC9578[0]["token"])
    key = PublicKey.from_spki(spki)
    assert key.spki == spki
    assert key.key_id == token[66:98]


def test_challenge_has_the_structure_of_rfc_9577() -> None:
    """Type 2, issuer name, a redemption context of 32 bytes and no origin, each behind its length."""
    context = hashlib.sha256(b"\x00\x06answer\x00\x0famber-river-oak").digest()
    challenge = b"\x00\x02\x00\x15coprod-survey.invalid\x20" + context + b"\x00\x00"
    assert hashlib.sha256(challenge).digest() == CHALLENGE


def test_challenges_of_purposes_and_surveys_differ() -> None:
    """No two of these share a challenge, also where the letters together are the same."""
    pairs = [(purpose, slug) for purpose in TokenPurpose for slug in (SLUG, "amber-river-elm", "")]
    assert len({challenge_digest(*pair) for pair in pairs}) == len(pairs)


def test_token_has_the_published_length() -> None:
    """A token has 354 bytes (RFC 9578, section 6)."""
    assert len(TOKEN) == TOKEN_BYTES == 354


def test_same_secret_gives_the_same_token() -> None:
    """A retry of the plain version after a crash spends the same turn."""
    assert token_of() == TOKEN
    assert verify(TOKEN, KEY, CHALLENGE) == verify(token_of(), KEY, CHALLENGE)


def test_another_secret_gives_another_turn() -> None:
    """Tokens of two codes differ in nonce and in spend id."""
    other = token_of(secret=bytes(32))
    assert other[2:34] != TOKEN[2:34]
    assert verify(other, KEY, CHALLENGE) != verify(TOKEN, KEY, CHALLENGE)


def test_one_secret_under_two_keys_gives_unrelated_states() -> None:
    """A person's answer and voucher share neither nonce nor salt nor factor."""
    one, two = state_from(SECRET, KEY), state_from(SECRET, OTHER.public_key)
    assert one.nonce != two.nonce
    assert one.salt != two.salt
    assert one.factor != two.factor


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_secret_of_another_length_is_refused(length: int) -> None:
    """A state comes from 32 secret bytes and from nothing weaker."""
    with pytest.raises(ValueError, match="32 bytes"):
        state_from(bytes(length), KEY)


def test_spend_id_is_the_documented_hash() -> None:
    """The id is SHA-256 of a label and the token input; a change would let stored turns be spent again."""
    assert verify(TOKEN, KEY, CHALLENGE) == hashlib.sha256(b"coprod-survey/spend-id" + TOKEN[:98]).digest()


def test_spend_id_depends_on_the_input_alone() -> None:
    """Another signature of the same input is the same turn."""
    again = resigned(48)
    assert again != TOKEN
    assert verify(again, KEY, CHALLENGE) == verify(TOKEN, KEY, CHALLENGE)


@pytest.mark.parametrize(
    "token",
    [resigned(0), resigned(47), resigned(49), resigned(206), resigned(32, hashed=SHA256), resigned(48, hashed=SHA256)],
    ids=["salt 0", "salt 47", "salt 49", "longest salt", "SHA-256", "SHA-256, salt 48"],
)
def test_other_padding_is_refused(token: bytes) -> None:
    """A valid signature by the right key with another salt length or hash is no token."""
    with pytest.raises(TokenBroken):
        verify(token, KEY, CHALLENGE)


def changed(start: int, replacement: bytes) -> Callable[[bytes], bytes]:
    """Return a change of some bytes of a token."""
    return lambda token: token[:start] + replacement + token[start + len(replacement) :]


def with_signature(change: Callable[[int], int], length: int = 256) -> Callable[[bytes], bytes]:
    """Return a change of the authenticator as a number."""
    return lambda token: token[:98] + change(int.from_bytes(token[98:], "big")).to_bytes(length, "big")


@pytest.mark.parametrize(
    "damage",
    [
        changed(0, b"\x00\x01"),
        changed(2, bytes(32)),
        changed(34, challenge_digest(TokenPurpose.VOUCHER, SLUG)),
        changed(34, challenge_digest(TokenPurpose.ANSWER, "amber-river-elm")),
        changed(66, OTHER.public_key.key_id),
        lambda token: token[:-1],
        lambda token: token + b"\0",
        lambda token: b"",
        lambda token: token[:98],
        with_signature(lambda s: s, 257),
        with_signature(lambda s: s + KEY.modulus, 257),
        with_signature(lambda s: KEY.modulus - s),
        with_signature(lambda s: 0),
        with_signature(lambda s: 1),
        with_signature(lambda s: KEY.modulus - 1),
        with_signature(lambda s: KEY.modulus),
        with_signature(lambda s: 2**2048 - 1),
        with_signature(lambda s: s ^ 1),
    ],
    ids=[
        *("type 1", "nonce", "other purpose", "other survey", "other key id", "short", "long", "empty", "unsigned"),
        *("signature of 257 bytes", "s + n", "negative", "0", "1", "n - 1", "n", "largest", "one bit"),
    ],
)
def test_altered_token_is_refused(damage: Callable[[bytes], bytes]) -> None:
    """Whatever is changed, cut or added, the token is refused with one sentence and no cause."""
    with pytest.raises(TokenBroken) as caught:
        verify(damage(TOKEN), KEY, CHALLENGE)
    assert caught.value.__cause__ is None
    assert str(caught.value) == str(TokenBroken())


def test_signature_plus_modulus_that_fits_256_bytes_is_refused() -> None:
    """Adding the modulus gives the same number modulo n but no second form of the same token."""
    signer = load_key(published_private_key())
    modulus = signer.public_key.modulus
    tokens = (token_of(signer, secret=bytes([number]) * 32) for number in range(256))
    small = next(token for token in tokens if int.from_bytes(token[98:], "big") + modulus < 2**2048)
    assert verify(small, signer.public_key, CHALLENGE)
    with pytest.raises(TokenBroken):
        verify(with_signature(lambda s: s + modulus)(small), signer.public_key, CHALLENGE)


def published_private_key() -> bytes:
    """Return the private key of the RFC 9578 vectors as PKCS#8."""
    private = load_pem_private_key(bytes.fromhex(RFC9578[0]["skS"]), None)
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def test_published_private_key_matches_its_public_key() -> None:
    """The vectors' private key is the one whose public half the tokens name."""
    assert load_key(published_private_key()).public_key.spki.hex() == RFC9578[0]["pkS"]


def test_token_of_another_key_is_refused() -> None:
    """A token of the same survey and purpose, but of another key, is refused."""
    with pytest.raises(TokenBroken):
        verify(token_of(OTHER), KEY, CHALLENGE)


@pytest.mark.parametrize(
    "challenge",
    [challenge_digest(TokenPurpose.VOUCHER, SLUG), challenge_digest(TokenPurpose.ANSWER, "amber-river-elm")],
    ids=["purpose", "survey"],
)
def test_token_moved_to_another_purpose_or_survey_is_refused(challenge: bytes) -> None:
    """Even under one key a token serves only the purpose and survey that it was made for."""
    with pytest.raises(TokenBroken):
        verify(TOKEN, KEY, challenge)


LIES: dict[str, Callable[[bytes], bytes]] = {
    "echo": lambda blinded: blinded,
    "nothing": lambda blinded: bytes(256),
    "one": lambda blinded: (1).to_bytes(256, "big"),
    "other key": lambda blinded: OTHER.power(int.from_bytes(blinded, "big") % OTHER.public_key.modulus).to_bytes(256),
    "another message": lambda blinded: SIGNER.blind_sign((7).to_bytes(256, "big")),
    "negative": lambda blinded: (KEY.modulus - int.from_bytes(SIGNER.blind_sign(blinded), "big")).to_bytes(256, "big"),
    "short": lambda blinded: SIGNER.blind_sign(blinded)[:-1],
    "long": lambda blinded: SIGNER.blind_sign(blinded) + b"\0",
    "leading zero": lambda blinded: b"\0" + SIGNER.blind_sign(blinded),
    "empty": lambda blinded: b"",
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_lying_signer_is_refused(lie: Callable[[bytes], bytes]) -> None:
    """Whatever else than the right signature comes back, the client makes no token of it."""
    state = state_from(SECRET, KEY)
    message = token_input(state.nonce, CHALLENGE, KEY)
    with pytest.raises(TokenBroken):
        finalize(lie(blind(message, KEY, state)), message, KEY, state)


def rough(start: int, step: int, *, times: int = 1) -> int:
    """Return the first of start, start + step, … without an odd factor below 4,096, times a number."""
    return times * next(number for number in count(start, step) if all(number % odd for odd in range(3, 4096, 2)))


def spki_of(modulus: int, exponent: int = EXPONENT) -> bytes:
    """Encode a key as RFC 9578 does where the lengths allow it."""
    spki = KEY.spki.replace(KEY.modulus.to_bytes(256, "big"), modulus.to_bytes(256, "big"))
    return spki[:-3] + exponent.to_bytes(3, "big")


ODD_KEYS: dict[str, bytes] = {
    "even": spki_of(rough(KEY.modulus >> 1 | 1, 2, times=2)),
    "2047 bits": spki_of(rough(KEY.modulus >> 1 | 1, 2)),
    "factor 3": spki_of(KEY.modulus - KEY.modulus % 3),
    "factor 4093": spki_of(KEY.modulus - KEY.modulus % 4093),
    "exponent 3": spki_of(KEY.modulus, 3),
    "exponent 65539": spki_of(KEY.modulus, 65539),
    "zero": spki_of(0),
    "short": KEY.spki[:-1],
    "long": KEY.spki + b"\0",
    "empty": b"",
    "rsaEncryption": KEY.spki.replace(bytes.fromhex("2a864886f70d01010a"), bytes.fromhex("2a864886f70d010101")),
    "salt 32": KEY.spki.replace(bytes.fromhex("a203020130"), bytes.fromhex("a203020120")),
    "4096 bits": bytes.fromhex("30820252")
    + KEY.spki[4:67]
    + bytes.fromhex("0382020f003082020a0282020100")
    + bytes.fromhex(RFC9474["RSABSSA-SHA384-PSS-Deterministic"]["n"][2:])
    + KEY.spki[-5:],
}


@pytest.mark.parametrize("spki", ODD_KEYS.values(), ids=ODD_KEYS.keys())
def test_unfit_key_is_refused(spki: bytes) -> None:
    """A key of another size, exponent, algorithm or with a small factor is not taken from anybody."""
    with pytest.raises(KeyBroken):
        PublicKey.from_spki(spki)


def test_factor_that_cannot_be_taken_off_is_refused() -> None:
    """A factor that shares a prime with the modulus would show the message's remainder by it."""
    numbers = SIGNER.private.private_numbers()
    state = ClientState(bytes(32), bytes(48), numbers.p)
    with pytest.raises(KeyBroken):
        blind(token_input(state.nonce, CHALLENGE, KEY), KEY, state)


def message_with_a_shared_factor() -> tuple[PublicKey, bytes, bytes]:
    """Return a key that is a multiple of 4,099, a nonce, and a salt under which its message is another multiple."""
    key = PublicKey(rough((3 << 2046) // 4099 | 1, 2, times=4099))
    message = token_input(bytes(32), CHALLENGE, key)
    salts = (number.to_bytes(48, "big") for number in count())
    return key, bytes(32), next(salt for salt in salts if encode_pss(message, salt, bits=2047) % 4099 == 0)


def test_message_that_shares_a_factor_with_the_key_is_refused() -> None:
    """Such a message would keep its remainder zero through the blinding (RFC 9474, section 4.2, step 4)."""
    key, nonce, salt = message_with_a_shared_factor()
    with pytest.raises(KeyBroken):
        blind(token_input(nonce, CHALLENGE, key), key, ClientState(nonce, salt, 2))


def test_factor_without_an_inverse_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Zero, the modulus, a larger number and multiples of its primes are passed over in the derived stream."""
    numbers = SIGNER.private.private_numbers()
    stream = [0, KEY.modulus, 2**2048 - 1, numbers.p, 3 * numbers.q, 12345]

    def derived(root: bytes, purpose: str, *, length_bytes: int) -> bytes:
        number = stream[int(purpose.split("/")[1])] if "/" in purpose else 0
        return number.to_bytes(length_bytes, "big")

    monkeypatch.setattr(blind_tokens, "derive", derived)
    assert state_from(SECRET, KEY).factor == 12345


def test_repr_shows_no_secret() -> None:
    """State and key are blank in a traceback."""
    assert (repr(state_from(SECRET, KEY)), repr(KEY)) == ("ClientState()", "PublicKey()")
