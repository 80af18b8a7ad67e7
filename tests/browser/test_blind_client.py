"""The phone's side of blind tokens, on Node and in Chromium: the published vectors, and both sides agree.

Bytes cross between Python and JavaScript as hex, numbers as hex too.
"""

import gzip
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import playwright
import pytest
from playwright.sync_api import Browser, Error, Route

from coprod_survey.crypto.blind_signer import generate_key
from coprod_survey.crypto.blind_tokens import (
    PublicKey,
    TokenPurpose,
    blind,
    challenge_digest,
    finalize,
    state_from,
    token_input,
    verify,
)
from tests.unit.test_blind_tokens import BLINDRSA_TS, ODD_KEYS, RFC9474, RFC9578, message_with_a_shared_factor

SCRIPT = Path(__file__).parents[2] / "static" / "blind.js"
NODE = Path(playwright.__file__).parent / "driver" / "node"
NPM_PACKAGE = "@cloudflare/blindrsa-ts@" + BLINDRSA_TS["made_with"].split()[1]
POLICY = "default-src 'none'; script-src 'self'"
SLUG = "amber-river-oak"
CHALLENGE = challenge_digest(TokenPurpose.ANSWER, SLUG)
SIGNER, OTHER = generate_key(), generate_key()
KEY = SIGNER.public_key
HELPERS = """
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const big = (text) => BigInt(text.startsWith("0x") ? text : "0x" + text);
  const scripted = (...parts) => (length) => {
    const next = unhex(parts.shift() ?? "");
    if (next.length !== length) throw new Error(`asked for ${length} bytes, not ${next.length}`);
    return next;
  };
  const refusal = async (promise) => promise.then(() => "taken", (error) => `refused: ${error.message}`);
"""

Run = Callable[[str, Any], Any]
"""Run the body of an async JavaScript function of (lib, given) and return what it returns."""


def on_node(body: str, given: Any) -> Any:
    """Run on the Node that comes with Playwright; the module is loaded as it stands, without a build."""
    source = json.dumps("data:text/javascript," + "".join(f"%{byte:02x}" for byte in SCRIPT.read_bytes()))
    program = f"""{HELPERS}
      import {{ readFileSync, writeFileSync }} from "node:fs";
      const lib = await import({source});
      const answer = await (async (lib, given) => {{ {body} }})(lib, JSON.parse(readFileSync(0, "utf8")));
      writeFileSync(1, JSON.stringify(answer));"""
    command = [str(NODE), "--input-type=module"]
    done = subprocess.run(
        [*command, "--eval", program], input=json.dumps(given), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def in_chromium(chromium: Browser) -> Iterator[Run]:
    """Run in a page whose policy allows scripts from its own origin only."""
    context = chromium.new_context()
    page = context.new_page()

    def serve(route: Route) -> None:
        script = route.request.url.endswith("/blind.js")
        body, kind = (SCRIPT.read_bytes(), "text/javascript") if script else (b"<!doctype html>", "text/html")
        route.fulfill(body=body, content_type=kind, headers={"Content-Security-Policy": POLICY})

    page.route("**/*", serve)
    page.goto("http://127.0.0.1:1/")

    def run(body: str, given: Any) -> Any:
        return page.evaluate(
            f"""async (given) => {{ {HELPERS} const lib = await import("/blind.js"); {body} }}""", given
        )

    yield run
    context.close()


@pytest.fixture(params=["node", "chromium"])
def run(request: pytest.FixtureRequest, in_chromium: Run) -> Run:
    """Run a test on Node and again in Chromium."""
    return on_node if request.param == "node" else in_chromium


def start(run: Run, spki: bytes = KEY.spki, challenge: bytes = CHALLENGE) -> tuple[bytes, bytes]:
    """Let the script draw and blind a token; return the blinded message and the state."""
    body = """const { blinded, state } = await lib.blind(unhex(given.spki), unhex(given.challenge));
      return [hex(blinded), hex(state)];"""
    blinded, state = run(body, {"spki": spki.hex(), "challenge": challenge.hex()})
    return bytes.fromhex(blinded), bytes.fromhex(state)


def finish(run: Run, state: bytes, signature: bytes) -> str:
    """Let the script finalise; return the token in hex or its refusal."""
    body = """let token;
      const said = await refusal(lib.finalize(unhex(given.state), unhex(given.signature)).then((t) => (token = t)));
      return token ? hex(token) : said;"""
    return str(run(body, {"state": state.hex(), "signature": signature.hex()}))


def test_rfc_9474_vectors(run: Run) -> None:
    """Each vector's message and salt encode, blind and unblind to the published numbers."""
    body = """return Promise.all(given.map(async (v) => {
      const [n, inv] = [big(v.n), big(v.inv)];
      const r = lib.uncover(1n, inv, n);
      const encoded = await lib.encode(unhex(v.input_msg), unhex(v.salt), 4095);
      const blinded = lib.cover(encoded, r, n);
      return [encoded, blinded, lib.uncover(big(v.blind_sig), r, n)].map((number) => number.toString(16));
    }));"""
    cases = list(RFC9474.values())
    for case, (encoded, blinded, signature) in zip(cases, run(body, cases), strict=True):
        published = case.get("encoded_msg", encoded), case["blinded_msg"], case["sig"]
        assert [int(number, 16) for number in published] == [int(n, 16) for n in (encoded, blinded, signature)]


def test_rfc_9578_vectors(run: Run) -> None:
    """Each vector's nonce, salt and blinding factor give its token request, and its response gives its token."""
    body = """return Promise.all(given.map(async (v) => {
      const drawn = scripted(v.nonce, v.salt, v.blind);
      const { blinded, state } = await lib.blind(unhex(v.pkS), unhex(v.digest), drawn);
      const { id } = await lib.checkKey(unhex(v.pkS));
      const token = await lib.finalize(state, unhex(v.token_response));
      return ["0002" + hex(id.subarray(-1)) + hex(blinded), hex(token), hex(id)];
    }));"""
    cases = [{**case, "digest": sha256(bytes.fromhex(case["token_challenge"])).hexdigest()} for case in RFC9578]
    for case, (request, token, key_id) in zip(cases, run(body, cases), strict=True):
        assert (request, token) == (case["token_request"], case["token"])
        assert key_id == case["token"][132:196]


def test_challenges_agree_with_python(run: Run) -> None:
    """Script and server bind a token to survey and purpose by the same digest, whatever the slug."""
    pairs = [[purpose.value, slug] for purpose in TokenPurpose for slug in (SLUG, "", "bach-ŷd-🦆")]
    body = "return Promise.all(given.map(async ([purpose, slug]) => hex(await lib.challengeDigest(purpose, slug))));"
    assert run(body, pairs) == [challenge_digest(TokenPurpose(purpose), slug).hex() for purpose, slug in pairs]


def test_python_signs_what_the_script_blinded(run: Run) -> None:
    """A token that the phone drew verifies on the server for its key and challenge."""
    blinded, state = start(run)
    token = bytes.fromhex(finish(run, state, SIGNER.blind_sign(blinded)))
    assert len(verify(token, KEY, CHALLENGE)) == 32


def test_same_draws_give_the_same_bytes_in_both_languages(run: Run) -> None:
    """Nonce, salt and factor of the plain version, given to the script, give Python's request and token."""
    drawn = state_from(bytes(range(32)), KEY)
    message = token_input(drawn.nonce, CHALLENGE, KEY)
    body = """const drawn = scripted(...given.drawn);
      const { blinded, state } = await lib.blind(unhex(given.spki), unhex(given.challenge), drawn);
      return [hex(blinded), hex(state)];"""
    parts = [drawn.nonce.hex(), drawn.salt.hex(), drawn.factor.to_bytes(256, "big").hex()]
    blinded, state = run(body, {"drawn": parts, "spki": KEY.spki.hex(), "challenge": CHALLENGE.hex()})
    assert bytes.fromhex(blinded) == blind(message, KEY, drawn)
    signature = SIGNER.blind_sign(bytes.fromhex(blinded))
    assert finish(run, bytes.fromhex(state), signature) == finalize(signature, message, KEY, drawn).hex()


def test_script_signature_check_takes_no_lie(run: Run) -> None:
    """Echo, zero, another key's or message's signature, the negative, short, long and empty ones are all refused."""
    blinded, state = start(run)
    right = SIGNER.blind_sign(blinded)
    value = int.from_bytes(blinded, "big")
    lies = [
        *(
            blinded,
            bytes(256),
            b"\0" + right,
            SIGNER.blind_sign((7).to_bytes(256, "big")),
            right[:-1],
            right + b"\0",
            b"",
        ),
        OTHER.power(value % OTHER.public_key.modulus).to_bytes(256, "big"),
        (KEY.modulus - int.from_bytes(right, "big")).to_bytes(256, "big"),
    ]
    assert [finish(run, state, lie)[:8] for lie in lies] == ["refused:"] * len(lies)
    assert finish(run, state, right).startswith("0002")


def test_damaged_state_makes_no_token(run: Run) -> None:
    """A state that was cut, lengthened or changed in any of its parts is refused, never turned into a bad token."""
    blinded, state = start(run)
    signature = SIGNER.blind_sign(blinded)
    flips = [state[:place] + bytes([state[place] ^ 1]) + state[place + 1 :] for place in (0, 3, 40, 70, 100, 300, 657)]
    for damaged in (b"", state[:-1], state + b"\0", state[:146] + bytes(256) + state[402:], *flips):
        assert finish(run, damaged, signature).startswith("refused:")


def test_unfit_keys_are_refused(run: Run) -> None:
    """A key of another size, exponent or algorithm, an even one, and one with a small factor are refused alike."""
    body = """return Promise.all(given.map((spki) =>
      Promise.all([lib.checkKey(unhex(spki)), lib.blind(unhex(spki), new Uint8Array(32))].map(refusal))));"""
    said = run(body, [spki.hex() for spki in ODD_KEYS.values()])
    assert {sentence for pair in said for sentence in pair} == {"refused: The survey's key is not of the agreed kind."}


def test_factor_without_an_inverse_is_drawn_again(run: Run) -> None:
    """Zero, the modulus, a larger number and multiples of its primes are passed over."""
    numbers = SIGNER.private.private_numbers()
    unfit = [0, KEY.modulus, KEY.modulus + 2, 2**2048 - 1, numbers.p, 3 * numbers.q]
    drawn = [number.to_bytes(256, "big").hex() for number in (*unfit, 12345)]
    body = """const draws = scripted("00".repeat(32), "00".repeat(48), ...given.drawn);
      return hex((await lib.blind(unhex(given.spki), new Uint8Array(32), draws)).state);"""
    state = bytes.fromhex(run(body, {"drawn": drawn, "spki": KEY.spki.hex()}))
    assert int.from_bytes(state[146:402], "big") == 12345


def test_message_that_shares_a_factor_with_the_key_is_refused(run: Run) -> None:
    """Such a message would keep its remainder zero through the blinding (RFC 9474, section 4.2, step 4)."""
    key, nonce, salt = message_with_a_shared_factor()
    body = """const blinding = (salt) =>
        lib.blind(unhex(given.spki), unhex(given.challenge), scripted(given.nonce, salt, given.r));
      return [await refusal(blinding(given.salt)), await refusal(blinding("00".repeat(48)))];"""
    factor = (2).to_bytes(256, "big").hex()
    given = {
        "spki": key.spki.hex(),
        "challenge": CHALLENGE.hex(),
        "nonce": nonce.hex(),
        "salt": salt.hex(),
        "r": factor,
    }
    assert run(body, given) == ["refused: The survey's key is not of the agreed kind.", "taken"]


@pytest.mark.parametrize("length", [0, 31, 33])
def test_challenge_of_another_length_is_refused(run: Run, length: int) -> None:
    """A challenge digest has 32 bytes."""
    body = "return refusal(lib.blind(unhex(given.spki), new Uint8Array(given.length)));"
    assert "32 bytes" in run(body, {"spki": KEY.spki.hex(), "length": length})


def test_draws_never_repeat(run: Run) -> None:
    """Forty tokens share no nonce, salt, factor or blinded message, although nothing else differs."""
    body = """const made = await Promise.all(Array.from({ length: 40 }, () =>
        lib.blind(unhex(given.spki), unhex(given.challenge))));
      return made.map(({ blinded, state }) => [hex(blinded), hex(state)]);"""
    made = run(body, {"spki": KEY.spki.hex(), "challenge": CHALLENGE.hex()})
    states = [bytes.fromhex(state) for _, state in made]
    for start_at, end in ((2, 34), (98, 146), (146, 402)):
        assert len({state[start_at:end] for state in states}) == 40
    assert len({blinded for blinded, _ in made}) == 40


def test_what_is_sent_holds_nothing_of_the_state(run: Run) -> None:
    """The blinded message contains no nonce, salt or factor, and the token no salt, factor or blinded message."""
    blinded, state = start(run)
    nonce, salt, factor = state[2:34], state[98:146], state[146:402]
    token = bytes.fromhex(finish(run, state, SIGNER.blind_sign(blinded)))
    assert not any(secret[:16] in blinded for secret in (nonce, salt, factor))
    assert not any(secret[:16] in token for secret in (salt, factor, blinded))


def test_module_needs_a_secure_page(chromium: Browser) -> None:
    """Over plain HTTP from another machine a browser has no crypto.subtle, and no token is made in any weaker way."""
    context = chromium.new_context()
    page = context.new_page()
    page.route(
        "**/*",
        lambda route: route.fulfill(
            body=SCRIPT.read_bytes() if route.request.url.endswith(".js") else b"<!doctype html>",
            content_type="text/javascript" if route.request.url.endswith(".js") else "text/html",
        ),
    )
    page.goto("http://survey.invalid/")
    with pytest.raises(Error, match="digest"):
        page.evaluate("async () => (await import('/blind.js')).challengeDigest('answer', 'amber-river-oak')")
    context.close()


def test_script_is_small_and_asks_for_nothing() -> None:
    """The module is at most 3 KB compressed, imports nothing, stores nothing and opens no connection."""
    source = SCRIPT.read_text(encoding="utf-8")
    assert len(gzip.compress(source.encode(), 9, mtime=0)) <= 3000
    forbidden = ("import ", "import(", "fetch", "XMLHttpRequest", "localStorage", "Math.random", "eval(", "document")
    assert not [word for word in forbidden if word in source]


@pytest.mark.slow
def test_live_comparison_with_another_implementation(tmp_path: Path) -> None:
    """@cloudflare/blindrsa-ts signs what the script blinded and verifies the token; Python signs what it blinded."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("npm is missing; the committed answers of tests/vectors/blindrsa_ts.json are checked instead")
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0", "--fetch-timeout=20000"]
    install = [npm, "install", *options, "--prefix", str(tmp_path), NPM_PACKAGE]
    if subprocess.run(install, capture_output=True, check=False).returncode:
        pytest.skip("npm cannot fetch the package; the committed answers are checked instead")
    key = PublicKey.from_spki(SIGNER.public_key.spki)
    blinded, state = start(on_node)
    theirs = live(Path(node), tmp_path, {"blinded": blinded.hex(), "pkcs8": SIGNER.to_pkcs8().hex()})
    token = bytes.fromhex(finish(on_node, state, bytes.fromhex(theirs["blind_sig"])))
    assert verify(token, key, CHALLENGE)
    assert SIGNER.blind_sign(bytes.fromhex(theirs["blinded"])).hex() == theirs["signed"]
    key.check(bytes.fromhex(theirs["sig"]), bytes(98))


def live(node: Path, folder: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Let the other implementation sign a blinded message, and go through the protocol for 98 zero bytes itself."""
    program = f"""{HELPERS}
      import {{ readFileSync }} from "node:fs";
      import {{ RSABSSA }} from "@cloudflare/blindrsa-ts";
      const given = JSON.parse(readFileSync(0, "utf8"));
      const suite = RSABSSA.SHA384.PSS.Deterministic();
      const kind = {{ name: "RSA-PSS", hash: "SHA-384" }};
      const secret = await crypto.subtle.importKey("pkcs8", unhex(given.pkcs8), kind, true, ["sign"]);
      const {{ kty, n, e }} = await crypto.subtle.exportKey("jwk", secret);
      const key = await crypto.subtle.importKey("jwk", {{ kty, n, e }}, kind, true, ["verify"]);
      const {{ blindedMsg, inv }} = await suite.blind(key, suite.prepare(new Uint8Array(98)));
      const signed = await suite.blindSign(secret, blindedMsg);
      const sig = await suite.finalize(key, new Uint8Array(98), signed, inv);
      const blind_sig = await suite.blindSign(secret, unhex(given.blinded));
      const made = {{ blinded: blindedMsg, signed, sig, blind_sig }};
      console.log(JSON.stringify(Object.fromEntries(Object.entries(made).map(([k, v]) => [k, hex(v)]))));"""
    (folder / "live.mjs").write_text(program, encoding="utf-8")
    done = subprocess.run(
        [str(node), "live.mjs"],
        cwd=folder,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))
