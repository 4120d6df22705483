#!/usr/bin/env python3
"""remote-events.py SOCKET COUNT: sends remote communication events through supervisord.

Every tenth is not ASCII, with line ends and words after it; the last but one is 60 KB of that, the last
a megabyte of ASCII.

supervisord counts characters, so a reader that counts bytes answers before all of what is not ASCII came.
supervisord then writes its next event at once, and ends itself when the pipe has no room for it: what is
not ASCII must leave less behind than a pipe holds."""
import sys
import xmlrpc.client

from supervisor.xmlrpc import SupervisorTransport

socket, count = sys.argv[1], int(sys.argv[2])
server = xmlrpc.client.ServerProxy(
    "http://localhost", SupervisorTransport(serverurl=f"unix://{socket}"))
NASTY = ["\u00e9", "\u00e9\u00e9\u00e9 and words", "\u017elu\u0165\n\n", "\U0001f40e" * 9 + "\na b:c len:9\n"]
for number in range(count - 2):
    data = NASTY[number // 10 % len(NASTY)] if number % 10 == 0 else f"number {number}\n" * (number % 7)
    server.supervisor.sendRemoteCommEvent("storm", data)
server.supervisor.sendRemoteCommEvent("storm", "\u00e9" * 20_000 + "\n" * 20_000)
server.supervisor.sendRemoteCommEvent("storm", "a line\n" * (1 << 20 >> 3))
