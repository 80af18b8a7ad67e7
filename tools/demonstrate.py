"""Start a demonstration: make an instance in ./demo-data if there is none, print how to get in, and serve it.

It only runs the same commands that an administrator would (`coprod-survey …`), so it shows nothing they cannot do.
"""

import argparse
import csv
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "coprod_survey" / "samples" / "ward-experience.json"
PEOPLE = (("organiser", "Olu Organiser"), ("lead", "Lea Lead"), ("member", "Mo Member"))
WORDS = (
    "acorn anchor apricot badge barley basket beacon blanket bottle bucket button candle canoe carpet castle chalk "
    "cloud cobble comet compass cottage cradle cricket daisy drum ember engine falcon feather fiddle flannel forest "
    "galaxy gravel hammock harvest hedge island jacket jigsaw kettle ladder lantern magnet marble meadow mitten "
    "napkin nutmeg oyster paddle parcel pebble pepper pillow pocket quilt rabbit ribbon saddle saucer shadow"
).split()


def main() -> None:
    """Prepare the instance, print the sign-ins and a fresh invitation, serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / "demo-data")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--staff-port", type=int, default=8081)
    chosen = parser.parse_args()
    urls = (f"http://127.0.0.1:{chosen.port}", f"http://localhost:{chosen.staff_port}")
    ready = chosen.data / "READY"
    if not ready.exists():
        prepare(chosen.data, urls)
    slug = ready.read_text(encoding="utf-8").strip()
    show(chosen.data, slug, urls)
    command = ["serve", "--data", str(chosen.data), "--port", str(chosen.port), "--staff-port", str(chosen.staff_port)]
    # In place of this process, so that Ctrl-C and every other signal reach the server itself.
    os.execv(sys.executable, [sys.executable, "-m", "coprod_survey", *command])  # noqa: S606 - our own arguments


def prepare(data: Path, urls: tuple[str, str]) -> None:
    """Make the instance with three accounts and one open demonstration survey."""
    key = coprod("init", "--data", str(data), "--participant-url", urls[0], "--staff-url", urls[1]).splitlines()[-1]
    lines = ["Sign-ins of the demonstration (made up, random; never use them elsewhere)", ""]
    for role, name in PEOPLE:
        passphrase = "-".join(secrets.choice(WORDS) for _ in range(6))
        coprod(
            "staff", "add", "--data", str(data), "--role", role, "--name", name, "--passphrase-stdin", typed=passphrase
        )
        lines.append(f"{role:<10} {name:<15} {passphrase}")
    slug = coprod("survey", "create", str(SAMPLE), "--data", str(data), "--demonstration-gates").strip()
    coprod("survey", "open", slug, "--data", str(data))
    lines += ["", f"recovery key  {key}"]
    (data / "SIGN-INS.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (data / "READY").write_text(slug + "\n", encoding="utf-8")


def show(data: Path, slug: str, urls: tuple[str, str]) -> None:
    """Print the addresses, a fresh invitation and the sign-ins."""
    with tempfile.TemporaryDirectory() as folder:
        codes = Path(folder) / "codes.csv"
        coprod("invite", slug, "--count", "1", "--data", str(data), "--out", str(codes))
        invitation = next(csv.DictReader(codes.open(encoding="utf-8")))
    code = invitation["code"]
    print(f"\nA participant answers here, once:  {urls[0]}/s/{slug}#{code}")
    print(f"or types the code:                 {code}  at {urls[0]}/s/{slug}")
    print(f"Staff sign in here:                {urls[1]}\n")
    print((data / "SIGN-INS.txt").read_text(encoding="utf-8"))
    print("Close and release it later with:")
    print(f"  .venv/bin/coprod-survey survey close {slug} --data {data.name}")
    print(f'  .venv/bin/coprod-survey release {slug} --data {data.name} --holder "Mo Member" --out results')
    print("Ctrl-C stops the demonstration.\n", flush=True)


def coprod(*arguments: str, typed: str = "") -> str:
    """Run one command and return what it printed; a failure ends the demonstration with the command's own sentence."""
    command = [sys.executable, "-m", "coprod_survey", *arguments]
    done = subprocess.run(command, input=typed + "\n", capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    if done.returncode:
        print(done.stderr.strip(), file=sys.stderr)
        raise SystemExit(done.returncode)
    return done.stdout


if __name__ == "__main__":
    main()
