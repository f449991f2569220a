#!/usr/bin/python3
"""A mail server that is not ours (aiosmtpd): STARTTLS and AUTH, or nothing.

mail_server.py PORT CERT KEY USER PASSWORD DIR

A mail becomes a file in DIR: its envelope, then what was sent. Who it is from
and to says what becomes of it: refused@ is refused for good, grey@ the first
time only (greylisting), full@ for now.
"""

import os
import signal
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Handler:
    def __init__(self, where):
        self.where = where
        self.seen = set()
        self.mails = 0

    def judge(self, address):
        name = address.split("@")[0]
        if name == "refused":
            return "550 5.7.1 we do not want that"
        if name == "full":
            return "452 4.2.2 no room"
        if name == "grey" and address not in self.seen:
            self.seen.add(address)
            return "450 4.7.1 greylisted, try again later"
        return None

    async def handle_MAIL(self, server, session, envelope, address, options):
        bad = self.judge(address)
        if not bad:
            envelope.mail_from = address
        return bad or "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        bad = self.judge(address)
        if not bad:
            envelope.rcpt_tos.append(address)
        return bad or "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails += 1
        path = os.path.join(self.where, "mail%d" % self.mails)
        with open(path + ".new", "wb") as out:
            out.write(b"login %s tls %s from %s to %s\n" % (
                str(session.auth_data.decode()).encode(),
                b"yes" if session.ssl else b"no",
                envelope.mail_from.encode(),
                b" ".join(to.encode() for to in envelope.rcpt_tos)))
            out.write(envelope.content)
        os.rename(path + ".new", path)
        return "250 2.0.0 kept"


def main():
    port, cert, key, user, password, where = sys.argv[1:]
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)

    def known(server, session, envelope, mechanism, data):
        same = (data.login, data.password) == (user.encode(), password.encode())
        return AuthResult(success=same, handled=False,
                          auth_data=data.login if same else None)

    controller = Controller(Handler(where), hostname="127.0.0.1",
                            port=int(port), tls_context=tls,
                            require_starttls=True, auth_required=True,
                            authenticator=known)
    controller.start()
    print("ready", flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()


main()
