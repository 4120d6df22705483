#!/usr/bin/env python3
"""What `navi listen` is, as one would write it in Python: the peer that `make bench` measures it
beside. Reads supervisord's events and writes one durable JSON file for each crash."""
import json
import os
import sys
import time

FOLDER = sys.argv[1]


def tokens(line):
    return dict(token.split(":", 1) for token in line.split())


def write(header, payload):
    fields = tokens(payload.split("\n", 1)[0])
    name = f"{time.time_ns():019}-listener{os.getpid()}.json"
    temporary = os.path.join(FOLDER, f".{name}")
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump({
            "version": 1, "type": "crash", "process": fields.get("processname"),
            "pid": fields.get("pid"), "from": fields.get("from_state"), "header": header,
            "payload": payload, "serial": tokens(header).get("serial"),
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}, file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, os.path.join(FOLDER, name))
    folder = os.open(FOLDER, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(folder)
    os.close(folder)


def main():
    events, answers = sys.stdin.buffer, sys.stdout.buffer
    while True:
        answers.write(b"READY\n")
        answers.flush()
        header = events.readline().decode("utf-8", "replace").strip()
        if not header:
            return
        fields = tokens(header)
        payload = events.read(int(fields["len"])).decode("utf-8", "replace")
        name = fields["eventname"]
        if name == "PROCESS_STATE_FATAL" or (
                name == "PROCESS_STATE_EXITED" and "expected:0" in payload.split()):
            write(header, payload)
        answers.write(b"RESULT 2\nOK")


if __name__ == "__main__":
    main()
