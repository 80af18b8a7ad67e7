"""The blind signer: the published signatures, nothing but honest requests, and no faulty result leaves it."""

import ast
import inspect
import json
from collections.abc import Mapping
from math import gcd
from pathlib import Path
from typing import Any

import gmpy2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from coprod_survey.crypto import blind_signer
from coprod_survey.crypto.blind_signer import (
    BlindedRefused,
    PrivatePower,
    SigningFault,
    generate_key,
    load_key,
)
from coprod_survey.crypto.blind_tokens import EXPONENT, KeyBroken

VECTORS = Path(__file__).parents[1] / "vectors"
RFC9474 = {case["name"]: case for case in json.loads((VECTORS / "rfc9474.json").read_text(encoding="utf-8"))}
RFC9578 = json.loads((VECTORS / "rfc9578_blind_rsa.json").read_text(encoding="utf-8"))
BLINDRSA_TS = json.loads((VECTORS / "blindrsa_ts.json").read_text(encoding="utf-8"))
SIGNER = generate_key()
NUMBERS = SIGNER.private.private_numbers()
MODULUS = SIGNER.public_key.modulus
BLINDED = (5**800).to_bytes(256, "big")


def der(private: Any) -> bytes:
    """Encode a private key as the key files hold it."""
    return bytes(private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


@pytest.mark.parametrize("case", RFC9474.values(), ids=RFC9474.keys())
def test_private_power_is_the_published_one(case: Mapping[str, str]) -> None:
    """Each RFC 9474 vector's blinded message is signed to its blind signature."""
    p, q, n, d = (int(case[name], 16) for name in ("p", "q", "n", "d"))
    halves = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, *halves, rsa.RSAPublicNumbers(EXPONENT, n))
    assert PrivatePower(numbers)(int(case["blinded_msg"], 16)) == int(case["blind_sig"], 16)


@pytest.mark.parametrize("case", RFC9578, ids=range(len(RFC9578)))
def test_token_responses_are_the_published_ones(case: Mapping[str, str]) -> None:
    """Each RFC 9578 vector's token request is answered with its token response."""
    signer = load_key(der(load_pem_private_key(bytes.fromhex(case["skS"]), None)))
    assert signer.blind_sign(bytes.fromhex(case["token_request"])[3:]).hex() == case["token_response"]


@pytest.mark.parametrize("case", BLINDRSA_TS["answers"], ids=range(len(BLINDRSA_TS["answers"])))
def test_another_implementation_signs_alike(case: Mapping[str, str]) -> None:
    """What @cloudflare/blindrsa-ts blinded and signed, we sign to the same bytes."""
    signer = load_key(bytes.fromhex(BLINDRSA_TS["pkcs8"]))
    assert signer.blind_sign(bytes.fromhex(case["blinded_msg"])).hex() == case["blind_sig"]


def test_same_request_gets_the_same_signature() -> None:
    """A retry costs no turn and tells nothing new, although each signing is masked anew."""
    assert SIGNER.blind_sign(BLINDED) == SIGNER.blind_sign(BLINDED)


REFUSED: dict[str, bytes] = {
    "0": bytes(256),
    "1": (1).to_bytes(256, "big"),
    "n - 1": (MODULUS - 1).to_bytes(256, "big"),
    "n": MODULUS.to_bytes(256, "big"),
    "n + 1": (MODULUS + 1).to_bytes(256, "big"),
    "largest": b"\xff" * 256,
    "p": NUMBERS.p.to_bytes(256, "big"),
    "q": NUMBERS.q.to_bytes(256, "big"),
    "3 p": (3 * NUMBERS.p).to_bytes(256, "big"),
    "n - q": (MODULUS - NUMBERS.q).to_bytes(256, "big"),
    "empty": b"",
    "short": BLINDED[1:],
    "short by a leading zero": b"\x02" * 255,
    "long": b"\0" + BLINDED,
    "long at the end": BLINDED + b"\0",
}


@pytest.mark.parametrize("blinded", REFUSED.values(), ids=REFUSED.keys())
def test_what_no_honest_client_sends_is_refused(blinded: bytes) -> None:
    """Degenerate numbers and other lengths are refused, all with one face and no cause."""
    with pytest.raises(BlindedRefused) as caught:
        SIGNER.blind_sign(blinded)
    assert (str(caught.value), caught.value.__cause__) == (str(BlindedRefused()), None)


@pytest.mark.parametrize("part", ["p", "q", "dmp1", "dmq1", "iqmp"])
def test_faulty_signature_is_never_given_out(part: str) -> None:
    """One flipped bit in any number of the private key is caught before anything leaves."""
    parts = {name: getattr(NUMBERS, name) for name in ("p", "q", "d", "dmp1", "dmq1", "iqmp")}
    parts[part] ^= 1 << 77
    faulty = PrivatePower(rsa.RSAPrivateNumbers(**parts, public_numbers=NUMBERS.public_numbers))
    with pytest.raises(SigningFault) as caught:
        faulty(int.from_bytes(BLINDED, "big"))
    assert str(caught.value) == str(SigningFault())


def test_passing_fault_of_one_half_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A miscalculation modulo p, which unchecked would give away the factors, raises; the next try is right."""
    true_power = gmpy2.powmod_sec
    value = int.from_bytes(BLINDED, "big")
    right = SIGNER.power(value)

    def glitch(base: int, exponent: int, modulus: int) -> Any:
        return true_power(base, exponent, modulus) ^ (modulus == NUMBERS.p)

    monkeypatch.setattr(gmpy2, "powmod_sec", glitch)
    unchecked = int(SIGNER.power._unguarded(gmpy2.mpz(value)))
    with pytest.raises(SigningFault):
        SIGNER.power(value)
    monkeypatch.undo()
    assert gcd(pow(unchecked, EXPONENT, MODULUS) - value, MODULUS) == NUMBERS.q
    assert SIGNER.power(value) == right


def test_private_exponents_never_meet_a_chosen_base(monkeypatch: pytest.MonkeyPatch) -> None:
    """The base under a secret exponent is another one each time, though the request is the same."""
    bases: list[int] = []
    true_power = gmpy2.powmod_sec

    def watched(base: int, exponent: int, modulus: int) -> Any:
        if exponent != EXPONENT:
            bases.append(int(base))
        return true_power(base, exponent, modulus)

    monkeypatch.setattr(gmpy2, "powmod_sec", watched)
    for _ in range(3):
        SIGNER.blind_sign(BLINDED)
    value = int.from_bytes(BLINDED, "big")
    assert len(set(bases)) == 6
    assert not {value % NUMBERS.p, value % NUMBERS.q} & set(bases)


def test_only_the_constant_time_power_is_used() -> None:
    """The signer's source takes no power by `pow`, `**` or GMP's ordinary `powmod`."""
    tree = list(ast.walk(ast.parse(inspect.getsource(blind_signer))))
    called = {node.func for node in tree if isinstance(node, ast.Call)}
    names = {f.id for f in called if isinstance(f, ast.Name)} | {f.attr for f in called if isinstance(f, ast.Attribute)}
    assert {name for name in names if name.startswith("pow")} == {"power", "powmod_sec"}
    assert not any(isinstance(node, ast.Pow) for node in tree)


def test_stored_key_signs_as_before() -> None:
    """A key survives its file: same public key, same signatures."""
    loaded = load_key(SIGNER.to_pkcs8())
    assert loaded.public_key == SIGNER.public_key
    assert loaded.blind_sign(BLINDED) == SIGNER.blind_sign(BLINDED)


def test_each_key_is_another() -> None:
    """Two generated keys share nothing."""
    assert gcd(generate_key().public_key.modulus, MODULUS) == 1


def inconsistent() -> bytes:
    """Return a private key of which one byte of a prime is changed."""
    stored, prime = SIGNER.to_pkcs8(), NUMBERS.p.to_bytes(128, "big")
    return stored.replace(prime, prime[:60] + bytes([prime[60] ^ 4]) + prime[61:])


UNFIT: dict[str, bytes] = {
    "empty": b"",
    "noise": bytes(range(256)),
    "cut": SIGNER.to_pkcs8()[:-1],
    "inconsistent": inconsistent(),
    "1024 bits": der(rsa.generate_private_key(EXPONENT, 1024)),  # noqa: S505 - weak on purpose: it must be refused
    "3072 bits": der(rsa.generate_private_key(EXPONENT, 3072)),
    "exponent 3": der(rsa.generate_private_key(3, 2048)),
    "elliptic curve": der(ec.generate_private_key(ec.SECP256R1())),
}


@pytest.mark.parametrize("stored", UNFIT.values(), ids=UNFIT.keys())
def test_unfit_private_key_is_refused(stored: bytes) -> None:
    """A damaged, inconsistent or other kind of key raises KeyBroken, with nothing of it in the message or the cause."""
    with pytest.raises(KeyBroken) as caught:
        load_key(stored)
    assert (str(caught.value), caught.value.__cause__) == (str(KeyBroken()), None)


def test_repr_shows_no_secret() -> None:
    """A signer in a traceback shows no number of its key."""
    assert repr(SIGNER) == "Signer(public_key=PublicKey(), power=PrivatePower())"
