"""Owns the encoding of section 6 of PROTOCOL.md: how a value of each type is decoded, encoded and shown.
"""

import re

BODY_LIMIT = 65536
LONGER_FORMS = {0xFB: 2, 0xFC: 4, 0xFD: 8}


class Refused(Exception):
    """Bytes that violate a rule of the page."""


class Reader:
    """The bytes of one body, taken from the front."""

    def __init__(self, body):
        self.rest = body

    def take(self, count):
        if count > len(self.rest):
            raise Refused("the body ends early")
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def integer(self, widest):
        first = self.take(1)[0]
        if first < 0xFB:
            return first
        size = LONGER_FORMS.get(first)
        if size is None or size > widest:
            raise Refused(f"an integer of {widest} bytes starts with {first}")
        return int.from_bytes(self.take(size), "little")


def write_integer(value):
    if value < 0xFB:
        return bytes([value])
    for first, size in LONGER_FORMS.items():
        if value < 1 << (8 * size):
            return bytes([first]) + value.to_bytes(size, "little")
    raise ValueError(value)


class Integer:
    def __init__(self, size):
        self.size = size

    def read(self, reader):
        return reader.integer(self.size)

    def write(self, value):
        return write_integer(value)

    def show(self, value):
        return str(value)


class Bool:
    def read(self, reader):
        byte = reader.take(1)[0]
        if byte > 1:
            raise Refused("a flag is 0 or 1")
        return byte == 1

    def write(self, value):
        return b"\1" if value else b"\0"

    def show(self, value):
        return "true" if value else "false"


class Bytes:
    def __init__(self, shown_as, grammar=rb"(?s).*", limit=BODY_LIMIT):
        self.shown_as, self.grammar, self.limit = shown_as, grammar, limit

    def read(self, reader):
        value = reader.take(reader.integer(8))
        if len(value) > self.limit or not re.fullmatch(self.grammar, value):
            raise Refused("a grammar is broken")
        return value

    def write(self, value):
        return write_integer(len(value)) + value

    def show(self, value):
        return f"{self.shown_as}(redacted)"


class Text:
    def __init__(self, shown_as="", grammar=r"(?s).*"):
        self.shown_as, self.grammar = shown_as, grammar

    def read(self, reader):
        try:
            value = reader.take(reader.integer(8)).decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("text is UTF-8") from None
        if not re.fullmatch(self.grammar, value):
            raise Refused("a grammar is broken")
        return value

    def write(self, value):
        encoded = value.encode("utf-8")
        return write_integer(len(encoded)) + encoded

    def show(self, value):
        quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return f"{self.shown_as}({quoted})" if self.shown_as else quoted


class Option:
    def __init__(self, inner):
        self.inner = inner

    def read(self, reader):
        return self.inner.read(reader) if Bool().read(reader) else None

    def write(self, value):
        return b"\0" if value is None else b"\1" + self.inner.write(value)

    def show(self, value):
        return "None" if value is None else f"Some({self.inner.show(value)})"


class List:
    def __init__(self, inner):
        self.inner = inner

    def read(self, reader):
        count = reader.integer(8)
        if count > len(reader.rest):
            raise Refused("more elements than bytes")
        return [self.inner.read(reader) for _ in range(count)]

    def write(self, value):
        return write_integer(len(value)) + b"".join(map(self.inner.write, value))

    def show(self, value):
        return "[" + ", ".join(map(self.inner.show, value)) + "]"


class Struct:
    def __init__(self, name, /, **fields):
        self.name, self.fields = name, fields

    def read(self, reader):
        return {name: kind.read(reader) for name, kind in self.fields.items()}

    def write(self, value):
        return b"".join(kind.write(value[name]) for name, kind in self.fields.items())

    def show(self, value):
        fields = (f"{name}: {kind.show(value[name])}" for name, kind in self.fields.items())
        return f"{self.name} {{ {', '.join(fields)} }}"


class Code(Integer):
    def show(self, value):
        return f"ErrorCode({value})"


class Enum:
    def __init__(self, **variants):
        # A reserved word of Python has an underscore at its end.
        self.variants = [(name.rstrip("_"), kind) for name, kind in variants.items()]

    def read(self, reader):
        number = reader.integer(4)
        if number >= len(self.variants):
            raise Refused(f"there is no variant {number}")
        kind = self.variants[number][1]
        return number, kind.read(reader) if kind else None

    def write(self, value):
        number, field = value
        kind = self.variants[number][1]
        return write_integer(number) + (kind.write(field) if kind else b"")

    def show(self, value):
        name, kind = self.variants[value[0]]
        return f"{name}({kind.show(value[1])})" if kind else name
