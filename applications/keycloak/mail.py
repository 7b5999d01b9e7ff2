"""A mail server on loopback that keeps what it gets as files; prints its port: mail.py FOLDER"""

import itertools
import pathlib
import socketserver
import sys


class Session(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs that has no account here."""

    numbers = itertools.count(1)

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 shop.example")
        for line in self.rfile:
            word = line[:4].upper()
            if word in (b"EHLO", b"HELO"):
                self.say("250 shop.example")
            elif word == b"DATA":
                self.say("354 go on")
                self.keep()
                self.say("250 kept")
            elif word == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 well")

    def keep(self):
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        folder = pathlib.Path(sys.argv[1])
        partial = folder / ".partial"
        partial.write_bytes(b"".join(lines))
        partial.rename(folder / f"{next(self.numbers):06}.eml")


with socketserver.TCPServer(("127.0.0.1", 0), Session) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
