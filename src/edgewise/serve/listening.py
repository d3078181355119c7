"""The address that the service listens at."""

import socket

from edgewise.errors import UsageError

_BACKLOG = 128


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens at this address; port 0 means any that is free. Raises `UsageError` where it cannot be had.

    Who connects before the service has begun waits for it.
    """
    listening: socket.socket | None = None
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # By the protocol's number asyncio knows it for TCP: else it would leave Nagle's delay on, 40 ms a reply.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except (OSError, TypeError, ValueError) as error:  # the last two: a text that is no name of a host
        if listening is not None:
            listening.close()
        raise UsageError(
            f"{host}, port {port}, cannot be listened at: {getattr(error, 'strerror', None) or error}.",
            "Choose another --port or --host.",
        ) from error
    return listening
