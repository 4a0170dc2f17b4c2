"""Ports for servers that must be told one. They are not of the range that the system takes the ports of
clients from: such a port, free when it was looked for, may be some other test's connection a moment later."""

import random
import socket

FIRST, END = 20000, 32000


def free_ports(count):
    ports = []
    while len(ports) < count:
        port = random.randrange(FIRST, END)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in ports:
            ports.append(port)
    return ports


def free_port():
    return free_ports(1)[0]
