#!/usr/bin/env python3
"""Owns a second implementation of PROTOCOL.md, written from that page alone and of Python's standard library.

If it and the first one differ, only the page may be fixed. second_encoding.py beside it encodes the values.

    second_implementation.py show FOLDER      decodes and encodes every frame, and prints its content
    second_implementation.py refuse FOLDER    damages every frame in many ways and checks that each is refused
"""

import pathlib
import sys

from second_encoding import BODY_LIMIT, Reader, Refused
from second_encoding import Bool, Bytes, Code, Enum, Integer, List, Option, Struct, Text

MAGIC, VERSION, TOKEN_LIMIT = b"CPTK", 1, 8192
MESSAGE, VERSION_RANGE = 0, 1

BOOL, U16, U32, U64, TEXT = Bool(), Integer(2), Integer(4), Integer(8), Text()
NAME = Text("ProfileName", r"[a-z0-9][a-z0-9._-]{0,63}")
TOKEN = Bytes("AccessToken", rb"[A-Za-z0-9._~+/-]+=*", TOKEN_LIMIT)
SECRET = Bytes("Secret")

SELECTOR = Enum(
    Default=None,
    Named=NAME,
    Url=TEXT,
    Origin=Struct(
        "OriginSelector", url=TEXT, profile=Option(NAME), username=Option(TEXT), preferred=Option(NAME)
    ),
)
FRESHNESS = Enum(Valid=None, Rejected=TOKEN, Fresh=None)
SCOPE = Enum(Profile=SELECTOR, All=None)
IDENTITY = Enum(ApiClient=TEXT, User=TEXT, Basic=TEXT)
SOURCE = Enum(Keyring=None, Memory=None, Command=List(TEXT), File=TEXT, Credential=TEXT)
TOTP = Enum(None_=None, Ask=None, Command=List(TEXT), Stored=None)
PARTS = Struct(
    "SecretParts", secret=Option(SECRET), totp_seed=Option(SECRET), proxy_password=Option(SECRET)
)
EXTERNAL_ITEM = Struct("ExternalKeyringItem", service=TEXT, username=TEXT)

REQUEST = Enum(
    AccessToken=Struct(
        "AccessTokenRequest",
        profile=SELECTOR,
        freshness=FRESHNESS,
        min_validity_ms=Option(U64),
        timeout_ms=U64,
        code=Option(SECRET),
        accepts_basic=BOOL,
        retries=BOOL,
    ),
    Status=None,
    Forget=SCOPE,
    ProfileList=Struct("ProfileListRequest", after=Option(NAME)),
    ProfileCreate=Struct(
        "ProfileCreate",
        name=NAME,
        url=TEXT,
        identity=IDENTITY,
        secret_source=SOURCE,
        secret=PARTS,
        ca_bundle=Option(TEXT),
        insecure_http=BOOL,
        verify=BOOL,
        totp=TOTP,
        code=Option(SECRET),
        proxy=Option(TEXT),
        no_proxy=List(TEXT),
        external_item=Option(EXTERNAL_ITEM),
        dry_run=BOOL,
    ),
    ProfileUpdate=Struct(
        "ProfileUpdate",
        name=NAME,
        url=Option(TEXT),
        identity=Option(IDENTITY),
        secret_source=Option(SOURCE),
        secret=PARTS,
        ca_bundle=Option(TEXT),
        insecure_http=Option(BOOL),
        also_for=List(TEXT),
        not_for=List(TEXT),
        verify=BOOL,
        totp=Option(TOTP),
        code=Option(SECRET),
        proxy=Option(TEXT),
        no_proxy=Option(List(TEXT)),
        dry_run=BOOL,
    ),
    ProfileResetSecret=Struct(
        "ProfileResetSecret",
        name=NAME,
        secret=PARTS,
        verify=BOOL,
        code=Option(SECRET),
        dry_run=BOOL,
    ),
    ProfileDelete=NAME,
    ProfileUse=NAME,
    Reload=None,
    Stop=None,
    Lock=Struct("LockRequest", passphrase=SECRET, on_suspend=BOOL),
    Unlock=SECRET,
    DisarmSuspendLock=None,
    Log=Struct("LogRequest", limit=U32, before=Option(U64)),
    Doctor=Struct("DoctorRequest", profile=Option(NAME), after=Option(NAME)),
    Restart=None,
    ProfileShow=SELECTOR,
)

PROFILE = Struct(
    "ProfileReport",
    name=NAME,
    url=TEXT,
    identity=IDENTITY,
    secret_source=SOURCE,
    ca_bundle=Option(TEXT),
    insecure_http=BOOL,
    also_for=List(TEXT),
    is_default=BOOL,
    created=Option(U64),
    last_token_at=Option(U64),
    token=Enum(Absent=None, Live=U64, Requesting=None, CoolingDown=U64),
    totp=TOTP,
    proxy=Option(TEXT),
    no_proxy=List(TEXT),
    token_life_ms=Option(U64),
    secret=Enum(Usable=None, Refused=U64),
)
PROCESS = Struct("Process", pid=U32, program=TEXT)
CALLER = Struct("Caller", uid=U32, process=PROCESS, parent=Option(PROCESS))
OPERATION = Enum(
    **dict.fromkeys(
        (
            "Get GetRejected GetFresh Forget ProfileCreate ProfileUpdate ProfileResetSecret ProfileDelete "
            "ProfileUse Reload Stop Lock ArmSuspendLock Unlock DisarmSuspendLock Doctor TokenRequest Renewal "
            "Restart"
        ).split()
    )
)
OUTCOME = Enum(Served=None, Issued=None, Waited=None, Done=None, Abandoned=None, Failed=Code(2))
ENTRY = Struct(
    "LogEntry",
    number=U64,
    at=U64,
    profile=Option(NAME),
    operation=OPERATION,
    outcome=OUTCOME,
    caller=Option(CALLER),
)
FINDING = Struct(
    "Finding",
    profile=Option(NAME),
    check=TEXT,
    severity=Enum(Ok=None, Warning=None, Error=Code(2)),
    message=TEXT,
    fix=TEXT,
)
PROTECTION = Struct(
    "ProtectionReport", name=TEXT, state=Enum(On=None, Off=None, Unsupported=None), detail=TEXT
)
RESPONSE = Enum(
    Working=None,
    Token=Struct(
        "TokenResponse",
        access_token=TOKEN,
        expires_in_ms=U64,
        expires_at=U64,
        profile=NAME,
        url=TEXT,
        scheme=Enum(Bearer=None, Basic=None),
    ),
    Status=Struct(
        "StatusReport",
        version=TEXT,
        protocol=U16,
        pid=U32,
        uptime_s=U64,
        socket=TEXT,
        config_file=TEXT,
        config_problem=Option(TEXT),
        keyring=Enum(Untried=None, Working=None, Unavailable=None, Locked=None, Denied=None, TimedOut=None),
        protections=List(PROTECTION),
        locked=BOOL,
        locks_on_suspend=BOOL,
        state_file=TEXT,
        secrets_in_memory=U32,
    ),
    Profiles=Struct("ProfilePage", profiles=List(PROFILE), next=Option(NAME)),
    Done=List(TEXT),
    Failure=Struct("Failure", code=Code(2), message=TEXT, hint=TEXT, retry_after_ms=Option(U64)),
    Log=List(ENTRY),
    Findings=Struct("FindingPage", findings=List(FINDING), next=Option(NAME)),
    Profile=PROFILE,
)


def read_frame(frame):
    """The kind and the body of exactly one frame."""
    if frame[:4] != MAGIC[: len(frame)]:
        raise Refused("another protocol")
    if len(frame) < 12:
        raise Refused("the preamble ends early")
    version, kind, reserved = int.from_bytes(frame[4:6], "little"), frame[6], frame[7]
    length = int.from_bytes(frame[8:12], "little")
    if kind > VERSION_RANGE or reserved != 0:
        raise Refused("another protocol")
    if kind == MESSAGE and version != VERSION:
        raise Refused(f"version {version}")
    if not 1 <= length <= BODY_LIMIT or len(frame) != 12 + length:
        raise Refused("the length")
    return kind, frame[12:]


def write_frame(kind, body):
    return MAGIC + VERSION.to_bytes(2, "little") + bytes([kind, 0]) + len(body).to_bytes(4, "little") + body


def read_body(kind, body):
    reader = Reader(body)
    value = kind.read(reader)
    if reader.rest:
        raise Refused("bytes are left over")
    return value


def show_range(body):
    if len(body) != 4:
        raise Refused("a version range has 4 bytes")
    lowest, highest = (int.from_bytes(body[at : at + 2], "little") for at in (0, 2))
    return f"VersionRange {{ lowest: {lowest}, highest: {highest} }}"


def direction(path):
    return REQUEST if path.name.startswith("request-") else RESPONSE


def show(path):
    frame = path.read_bytes()
    kind, body = read_frame(frame)
    if kind == VERSION_RANGE:
        assert write_frame(kind, body) == frame, path
        return show_range(body)
    value = read_body(direction(path), body)
    assert write_frame(MESSAGE, direction(path).write(value)) == frame, f"{path} is written otherwise"
    return direction(path).show(value)


def is_refused(path, frame):
    try:
        kind, body = read_frame(frame)
        show_range(body) if kind == VERSION_RANGE else read_body(direction(path), body)
    except Refused:
        return True
    return False


def refuse(path):
    frame = path.read_bytes()
    assert not is_refused(path, frame), path
    for end in range(len(frame)):
        assert is_refused(path, frame[:end]), f"{path} cut at {end}"
    grown = bytearray(frame + b"\0")
    assert is_refused(path, grown), f"{path} with a byte behind it"
    grown[8:12] = (len(frame) - 11).to_bytes(4, "little")
    assert is_refused(path, bytes(grown)), f"{path} with a byte in it"
    for place in (0, 1, 2, 3, 7):
        damaged = bytearray(frame)
        damaged[place] ^= 0x80
        assert is_refused(path, bytes(damaged)), f"{path} damaged at {place}"


def main(mode, folder):
    for path in sorted(pathlib.Path(folder).iterdir()):
        if mode == "show":
            print(f"{path.name}\t{show(path)}")
        else:
            refuse(path)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    main(*sys.argv[1:])
