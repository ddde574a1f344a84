"""Owns which crates are in a program: what cargo resolves for one package and one target, and what it knows of each.

It reads Cargo.lock and the sources that cargo has fetched, and writes nothing.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
#: The package of each program.
PACKAGES = {"cp-token": "cp-token-helper", "cp-tokend": "cp-token-daemon"}


@dataclass
class Crate:
    """One crate: `runtime` if its code is in the program, else it only helped to build it."""

    name: str
    version: str
    runtime: bool
    local: bool
    checksum: str | None
    licence: str
    repository: str | None
    folder: Path
    depends_on: set[tuple[str, str]] = field(default_factory=set)

    @property
    def key(self) -> tuple[str, str]:
        return self.name, self.version


def cargo(*arguments: str) -> str:
    """What cargo prints, without the network and without a change of Cargo.lock."""
    command = ["cargo", *arguments, "--locked", "--offline"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def crates_of(program: str, target: str) -> list[Crate]:
    """The crates of `program` for `target`, the program's own package first, the others by name."""
    package = PACKAGES[program]
    runtime = {key for _, key in _tree(package, target, "normal,no-proc-macro")}
    known = _known()
    found: dict[tuple[str, str], Crate] = {}
    above: list[tuple[str, str]] = []
    for depth, key in _tree(package, target, "normal,build"):
        if key not in found:
            found[key] = Crate(*key, runtime=key in runtime, **known[key])
        del above[depth:]
        if above:
            found[above[-1]].depends_on.add(key)
        above.append(key)
    own = next(iter(found))
    return [found.pop(own)] + [found[key] for key in sorted(found)]


def _tree(package: str, target: str, edges: str) -> list[tuple[int, tuple[str, str]]]:
    options = ("--package", package, "--target", target, "--edges", edges, "--prefix", "depth")
    lines = cargo("tree", *options, "--format", " {p}").splitlines()
    return [_node(line) for line in lines if line]


def _node(line: str) -> tuple[int, tuple[str, str]]:
    depth, name, version, *_ = line.split()
    return int(depth), (name, version.removeprefix("v"))


def _known() -> dict[tuple[str, str], dict[str, object]]:
    checksums = _checksums()
    packages = json.loads(cargo("metadata", "--format-version", "1"))["packages"]
    return {
        (package["name"], package["version"]): {
            "local": package["source"] is None,
            "checksum": checksums.get((package["name"], package["version"])),
            "licence": (package["license"] or "").replace("/", " OR "),
            "repository": package["repository"],
            "folder": Path(package["manifest_path"]).parent,
        }
        for package in packages
    }


def _checksums() -> dict[tuple[str, str], str]:
    """SHA-256 of each crate's archive, from Cargo.lock, whose lines cargo itself writes."""
    found: dict[tuple[str, str], str] = {}
    for block in (ROOT / "Cargo.lock").read_text(encoding="utf-8").split("[[package]]")[1:]:
        lines = (line.split(" = ", 1) for line in block.splitlines() if " = " in line)
        values = {key: value.strip('"') for key, value in lines}
        if "checksum" in values:
            found[values["name"], values["version"]] = values["checksum"]
    return found
