"""Why an outbound address was not reached. The sentences hold no secret: whoever named the address may read them."""

from core.errors import AutomartError, InvalidInputError


class BadUrlError(InvalidInputError):
    """The text is no URL that can be reached."""

    code = "bad_url"


class SchemeNotAllowedError(InvalidInputError):
    """The URL's scheme is not one of those that are reached."""

    code = "scheme_not_allowed"

    def __init__(self, schemes: list[str]) -> None:
        super().__init__(f"Only {' or '.join(f'{scheme}://' for scheme in schemes)} addresses are reached.")


class PortNotAllowedError(InvalidInputError):
    """The URL's port is not one of those that are reached."""

    code = "port_not_allowed"

    def __init__(self, ports: list[int]) -> None:
        super().__init__(f"Only the ports {', '.join(map(str, ports))} are reached.")


class SecretInUrlError(InvalidInputError):
    """The URL holds a user or a password, which would be shown and logged with it."""

    code = "secret_in_url"

    def __init__(self) -> None:
        super().__init__(
            "Leave user and password out of the URL, where they would be shown and logged: a feed names an entry of"
            " FEED_PULL_CREDENTIALS with --credential, a webhook has headers of its own."
        )


class EgressError(AutomartError):
    """An outbound request did not succeed; a later one may."""

    code = "egress_failed"


class HostNotFoundError(EgressError):
    """The name of the host has no address."""

    code = "host_not_found"

    def __init__(self, host: str) -> None:
        super().__init__(f"The host {host} is not known to DNS.")


class AddressNotAllowedError(EgressError):
    """An address of the host is private, or one that no setting opens."""

    code = "address_not_allowed"

    def __init__(self, host: str) -> None:
        super().__init__(f"The host {host} has an address that is not public, and those are never reached.")


class ServerUnreachableError(EgressError):
    """The server did not answer as HTTP asks for, or not in time."""

    code = "server_unreachable"


class RedirectNotAllowedError(EgressError):
    """The server redirects out of encryption, to no address, or without end."""

    code = "redirect_not_allowed"
