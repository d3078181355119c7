"""The address that the service listens at."""

import socket

from edgewise.errors import UsageError


def bind(host: str, port: int) -> socket.socket:
    """A socket of this address; port 0 means any that is free. Raises `UsageError` where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise UsageError(
            f"{host}, port {port}, cannot be listened at: {error.strerror or error}.",
            "Choose another --port or --host.",
        ) from error
    return listening
