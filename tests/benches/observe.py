#!/usr/bin/env python3
"""Owns the two looks at a Unix socket that the measurements need. It speaks no protocol of cp-token's.

  observe.py pid SOCKET               prints the process that listens there
  observe.py record SOCKET FILE CMD   listens at SOCKET, runs CMD, and keeps in FILE the frame that CMD sends

A frame is twelve bytes, the last four of them its body's length (PROTOCOL.md), and the body.
"""
import os
import socket
import struct
import subprocess
import sys

PREAMBLE = 12


def listening_process(path):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return struct.unpack("3i", credentials)[0]


def read_frame(connection):
    preamble = connection.recv(PREAMBLE, socket.MSG_WAITALL)
    (length,) = struct.unpack("<I", preamble[8:])
    return preamble + connection.recv(length, socket.MSG_WAITALL)


def record(path, file, command):
    os.makedirs(os.path.dirname(path), mode=0o700)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        listener.settimeout(10)
        environment = dict(os.environ, CP_TOKEN_SOCKET=path)
        child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        connection, _ = listener.accept()
        with connection, open(file, "wb") as kept:
            kept.write(read_frame(connection))
    # It is left without an answer, so it fails; only what it sent matters.
    child.wait()


def main():
    match sys.argv[1:]:
        case ["pid", path]:
            print(listening_process(path))
        case ["record", path, file, *command]:
            record(path, file, command)
        case _:
            sys.exit(__doc__)


main()
