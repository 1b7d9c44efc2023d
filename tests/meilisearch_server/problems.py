"""Meilisearch's error shape."""

STATUS = {
    "index_not_found": 404,
    "document_not_found": 404,
    "task_not_found": 404,
    "api_key_not_found": 404,
    "not_found": 404,
    "missing_authorization_header": 401,
    "invalid_api_key": 403,
    "internal": 500,
}
KIND = {"missing_authorization_header": "auth", "invalid_api_key": "auth", "internal": "internal",
        "no_space_left_on_device": "system"}  # fmt: skip


class ProblemError(Exception):
    """An answer that is an error; `of_index` where Meilisearch names the index before the message."""

    def __init__(self, code: str, message: str, *, status: int | None = None, of_index: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.of_index = of_index
        self.status = status or STATUS.get(code, 400)

    @property
    def body(self) -> dict[str, str]:
        return shape(self.code, self.message)

    def in_query(self, number: int, uid: str) -> "ProblemError":
        """Return the same problem in the form of a request of several searches."""
        index = f"Index `{uid}`: " if self.of_index else ""
        return ProblemError(self.code, f"Inside `.queries[{number}]`: {index}{self.message}", status=self.status)


def shape(code: str, message: str) -> dict[str, str]:
    link = f"https://docs.meilisearch.com/errors#{code}"
    return {"message": message, "code": code, "type": KIND.get(code, "invalid_request"), "link": link}
