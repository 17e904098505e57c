"""A mail server for tests: real SMTP on a free loopback port.

usage: smtp_server.py FOLDER [--starttls CERTIFICATE.pem | --tls CERTIFICATE.pem] [--user NAME:PASSWORD]

Prints its port. Each line on standard input sets how the next mails are met:
  accept   keeps the mail as FOLDER/NUMBER.eml, with the port that it came from as X-Peer-Port
  defer    answers 451: not now
  refuse   answers 554: never
  drop     closes the connection in the middle of the mail
  lose     keeps the mail and closes the connection before saying so
  stall    says nothing any more
  hangup   closes every connection, and goes on as before
Ends with its standard input. A certificate (and its key in the same file) is shown on STARTTLS, or from the first byte
with --tls. With a user it takes mail from that one alone.
"""

import argparse
import asyncio
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Handler:
    def __init__(self, folder):
        self.folder = folder
        self.mode = "accept"
        self.count = 0
        self.goodbyes = 0

    def keep(self, session, envelope):
        self.count += 1
        unfinished = self.folder / f"{self.count:04}.part"
        unfinished.write_bytes(b"X-Peer-Port: %d\r\n" % session.peer[1] + envelope.original_content)
        unfinished.rename(self.folder / f"{self.count:04}.eml")

    async def handle_QUIT(self, server, session, envelope):
        self.goodbyes += 1
        (self.folder / f"{self.goodbyes:04}.quit").touch()
        return "221 Bye"

    async def handle_DATA(self, server, session, envelope):
        if self.mode == "accept":
            self.keep(session, envelope)
            return "250 OK"
        if self.mode == "defer":
            return "451 Try again later"
        if self.mode == "refuse":
            return "554 No"
        if self.mode == "lose":
            self.keep(session, envelope)
        if self.mode == "stall":
            await asyncio.sleep(3600)
        server.transport.abort()
        return "421 Bye"


def authenticator(user):
    name, password = (part.encode() for part in user.split(":", 1))

    def check(server, session, envelope, mechanism, data):
        return AuthResult(success=data == LoginPassword(name, password), handled=False)

    return check


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--starttls")
    parser.add_argument("--tls")
    parser.add_argument("--user")
    arguments = parser.parse_args()
    context = None
    if arguments.starttls or arguments.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(arguments.starttls or arguments.tls)
    options = {}
    if arguments.starttls:
        options.update(tls_context=context, require_starttls=True)
    if arguments.user:
        options.update(
            authenticator=authenticator(arguments.user),
            auth_required=True,
            auth_require_tls=arguments.starttls is not None,
        )
    handler = Handler(arguments.folder)
    loop = asyncio.get_running_loop()
    sessions = []

    def begin():
        sessions.append(SMTP(handler, hostname="localhost", loop=loop, **options))
        return sessions[-1]

    server = await loop.create_server(
        begin,
        "127.0.0.1",
        0,
        ssl=context if arguments.tls else None,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        word = line.decode().strip()
        if word == "hangup":
            while sessions:
                if transport := sessions.pop().transport:
                    transport.abort()
        else:
            handler.mode = word
        print(word, flush=True)


asyncio.run(main())
