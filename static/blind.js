// Once-only tokens, the phone's side: RFC 9474 RSABSSA-SHA384-PSS-Deterministic in RFC 9578 tokens of type 2.
//
// The phone draws a token, covers it with a random factor and has the cover signed with the code. Taking the factor
// off leaves a signed token that the server has never seen. The code plays no part in any number here.
//
//   const { blinded, state } = await blind(spki, await challengeDigest("answer", slug));  // keep both, then send
//   const token = await finalize(state, signature);                                       // 354 bytes, for Send
//
// BigInt arithmetic takes a time that depends on its numbers. That would never do for the signer's private key. Here
// every secret is drawn anew, used for one token and sent nowhere; all of it is worked out before the request leaves,
// a retry sends the stored bytes, and whoever can time this phone from inside could read its memory too.

const MODULUS_BYTES = 256;
const NONCE_BYTES = 32;
const SALT_BYTES = 48;
const INPUT_BYTES = 2 + NONCE_BYTES + 32 + 32;
const STATE_BYTES = INPUT_BYTES + SALT_BYTES + 2 * MODULUS_BYTES;
const TOKEN_TYPE = [0, 2];
const ISSUER = "coprod-survey.invalid";
// The one encoding of a public key that RFC 9578 (6.5) allows: 2,048 bits, exponent 65,537, SHA-384, salt 48.
const SPKI_HEAD =
  "30820152303d06092a864886f70d01010a3030a00d300b0609608648016503040202a11a301806092a864886f70d010108300b" +
  "0609608648016503040202a2030201300382010f003082010a0282010100";
const SPKI_TAIL = "0203010001";

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const toNumber = (bytes) => BigInt(`0x${hex(bytes)}`);
const toBytes = (number, length = MODULUS_BYTES) => unhex(number.toString(16).padStart(2 * length, "0"));
const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const hash = async (name, bytes) => new Uint8Array(await crypto.subtle.digest(name, bytes));
const draw = (length) => crypto.getRandomValues(new Uint8Array(length));
const prefixed = (bytes) => join([bytes.length >> 8, bytes.length & 255], bytes);

const coprime = (a, b) => {
  while (b) [a, b] = [b, a % b];
  return a === 1n;
};

// The number's inverse by the extended algorithm of Euclid; both must be coprime.
const inverse = (number, modulus) => {
  let [a, b, x, y] = [number, modulus, 1n, 0n];
  while (b) {
    const quotient = a / b;
    [a, b, x, y] = [b, a - quotient * b, y, x - quotient * y];
  }
  return ((x % modulus) + modulus) % modulus;
};

// base^65537: sixteen squarings and one multiplication.
const power = (base, modulus) => {
  let square = base;
  for (let i = 0; i < 16; i += 1) square = (square * square) % modulus;
  return (square * base) % modulus;
};

const drawFactor = (modulus, random) => {
  for (;;) {
    const factor = toNumber(random(MODULUS_BYTES));
    if (factor < modulus && coprime(modulus, factor)) return factor;
  }
};

// EMSA-PSS-ENCODE (RFC 8017, 9.1.1) with SHA-384; `bits` is one less than the modulus has.
export const encode = async (message, salt, bits) => {
  const digest = await hash("SHA-384", join(new Uint8Array(8), await hash("SHA-384", message), salt));
  const length = Math.ceil(bits / 8) - digest.length - 1;
  const blocks = [];
  for (let i = 0; 48 * i < length; i += 1) blocks.push(await hash("SHA-384", join(digest, [0, 0, 0, i])));
  const mask = toNumber(join(...blocks).subarray(0, length));
  const masked = BigInt.asUintN(bits - 8 * (digest.length + 1), toNumber(join([1], salt)) ^ mask);
  return toNumber(join(toBytes(masked, length), digest, [0xbc]));
};

// Blind an encoded message (RFC 9474, 4.2) and unblind its signature (4.4), for any modulus.
export const cover = (encoded, factor, modulus) => (encoded * power(factor, modulus)) % modulus;
export const uncover = (signed, factor, modulus) => (signed * inverse(factor, modulus)) % modulus;

/** Return SHA-256 of the TokenChallenge for "answer" or "voucher" of a survey; as crypto/blind_tokens.py does. */
export const challengeDigest = async (purpose, slug) => {
  const text = new TextEncoder();
  const context = await hash("SHA-256", join(prefixed(text.encode(purpose)), prefixed(text.encode(slug))));
  return hash("SHA-256", join(TOKEN_TYPE, prefixed(text.encode(ISSUER)), [context.length], context, [0, 0]));
};

/** Return modulus and id of a public key (SubjectPublicKeyInfo), or throw: a weak key could mark its tokens. */
export const checkKey = async (spki) => {
  const [, digits] = new RegExp(`^${SPKI_HEAD}([89a-f][0-9a-f]{511})${SPKI_TAIL}$`).exec(hex(spki)) ?? [];
  const modulus = BigInt(`0x${digits ?? 0}`);
  for (let divisor = 2n; divisor < 4096n; divisor += 1n) {
    if (modulus % divisor === 0n) throw new Error("The survey's key is not of the agreed kind.");
  }
  return { modulus, id: await hash("SHA-256", spki) };
};

/**
 * Draw a token and blind it. `blinded` (256 bytes) goes to the server with the code. Keep it and `state` (658 bytes)
 * before sending, so that a retry asks for the same signature; `state` never leaves the phone.
 */
export const blind = async (spki, challenge, random = draw) => {
  const { modulus, id } = await checkKey(spki);
  if (challenge.length !== 32) throw new Error("A challenge digest has 32 bytes.");
  const input = join(TOKEN_TYPE, random(NONCE_BYTES), challenge, id);
  const salt = random(SALT_BYTES);
  const factor = drawFactor(modulus, random);
  const encoded = await encode(input, salt, 2047);
  if (!coprime(modulus, encoded)) throw new Error("The survey's key is not of the agreed kind.");
  const state = join(input, salt, toBytes(factor), toBytes(modulus));
  return { blinded: toBytes(cover(encoded, factor, modulus)), state };
};

/** Return the token (354 bytes), or throw when the server did not sign what it was given. */
export const finalize = async (state, signature) => {
  const part = (from, length) => state.subarray(from, from + length);
  const input = part(0, INPUT_BYTES);
  const salt = part(INPUT_BYTES, SALT_BYTES);
  const whole = state.length === STATE_BYTES && signature.length === MODULUS_BYTES;
  if (!whole) throw new Error("The token could not be made: something is too short or too long.");
  const factor = toNumber(part(INPUT_BYTES + SALT_BYTES, MODULUS_BYTES));
  const modulus = toNumber(part(STATE_BYTES - MODULUS_BYTES, MODULUS_BYTES));
  const authenticator = uncover(toNumber(signature), factor, modulus);
  const honest = power(authenticator, modulus) === (await encode(input, salt, 2047));
  if (!honest) throw new Error("The server's signature is not valid.");
  return join(input, toBytes(authenticator));
};
