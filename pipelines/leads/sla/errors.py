"""The errors of service levels."""

from core.errors import InvalidInputError


class BadSlaPolicyError(InvalidInputError):
    """The policy says something impossible; the sentence names each place."""

    code = "bad_sla_policy"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("The policy cannot be used: " + "; ".join(problems) + ".")
        self.problems = tuple(problems)
