"""An SMTP server on loopback that writes each mail into a file: `smtp_sink.py PORT DIRECTORY`."""

import itertools
import socketserver
import sys
import time
from pathlib import Path

PORT, DIRECTORY = int(sys.argv[1]), Path(sys.argv[2])
NUMBER = itertools.count()


class Session(socketserver.StreamRequestHandler):
    timeout = 60

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 sink")
        while line := self.rfile.readline(4096):
            verb = line[:4].upper()
            if verb in (b"EHLO", b"HELO"):
                self.say("250 sink")
            elif verb == b"DATA":
                self.say("354 go on")
                mail = []
                while (line := self.rfile.readline(65536)) not in (b".\r\n", b""):
                    mail.append(line[1:] if line.startswith(b"..") else line)
                partial = DIRECTORY / f".partial-{next(NUMBER)}"
                partial.write_bytes(b"".join(mail))
                # In the order of their coming, and never half written.
                partial.rename(DIRECTORY / f"{time.time_ns()}.eml")
                self.say("250 kept")
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 well")


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer.daemon_threads = True
with socketserver.ThreadingTCPServer(("127.0.0.1", PORT), Session) as server:
    server.serve_forever()
