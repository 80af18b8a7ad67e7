"""Measure blind signing on one core: what the guards cost, and what the ways that we do not ship would gain.

Prints a Markdown table for docs/measurements.md. Run from the checkout, about half a minute:

    .venv/bin/python -m bench.blind_signing --seconds 2
"""

import argparse
import secrets
import time
from collections.abc import Callable
from functools import partial

import gmpy2
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA384

from coprod_survey.crypto.blind_signer import Signer, generate_key, load_key
from coprod_survey.crypto.blind_tokens import (
    MODULUS_BYTES,
    TokenPurpose,
    blind,
    challenge_digest,
    finalize,
    state_from,
    token_input,
    verify,
)

CHALLENGE = challenge_digest(TokenPurpose.ANSWER, "amber-brook-cedar")


def rate(work: Callable[[], object], seconds: float) -> float:
    """Return how often `work` runs per second of this process's own time, over at least `seconds`."""
    work()
    runs, began = 0, time.process_time()
    while (spent := time.process_time() - began) < seconds:
        work()
        runs += 1
    return runs / spent


def halves(signer: Signer, value: int, power: Callable[[int, int, int], int]) -> int:
    """Sign by the Chinese remainder theorem with any power function and no guard at all."""
    key = signer.private.private_numbers()
    by_p, by_q = power(value % key.p, key.dmp1, key.p), power(value % key.q, key.dmq1, key.q)
    return int(by_q + key.q * ((by_p - by_q) * key.iqmp % key.p))


def measures(signer: Signer) -> dict[str, Callable[[], object]]:
    """Return what is measured, by name."""
    key = signer.public_key
    state = state_from(secrets.token_bytes(32), key)
    message = token_input(state.nonce, CHALLENGE, key)
    blinded = blind(message, key, state)
    value, signature = int.from_bytes(blinded, "big"), signer.blind_sign(blinded)
    token = finalize(signature, message, key, state)
    pss = padding.PSS(padding.MGF1(SHA384()), 48)
    if halves(signer, value, pow).to_bytes(MODULUS_BYTES, "big") != signature:
        raise AssertionError("the ways of signing disagree")
    return {
        "blind_sign, as shipped": partial(signer.blind_sign, blinded),
        "the same without base blinding and fault check": partial(halves, signer, value, gmpy2.powmod_sec),
        "GMP's ordinary powmod, unguarded (time depends on the key)": partial(halves, signer, value, gmpy2.powmod),
        "Python's pow, unguarded (time depends on the key)": partial(halves, signer, value, pow),
        "cryptography's own PSS signature (no raw operation there)": lambda: signer.private.sign(
            message, pss, SHA384()
        ),
        "verify a token": partial(verify, token, key, CHALLENGE),
        "client: derive the state and blind": lambda: blind(message, key, state_from(bytes(32), key)),
        "client: finalize": partial(finalize, signature, message, key, state),
        "generate_key": generate_key,
        "load_key": partial(load_key, signer.to_pkcs8()),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Measure blind signing on one core.")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each way is measured")
    seconds = parser.parse_args().seconds
    print("| RSA-2048, one core | per second |\n|---|---|")
    for name, work in measures(generate_key()).items():
        print(f"| {name} | {rate(work, seconds):,.0f} |")


if __name__ == "__main__":
    main()
