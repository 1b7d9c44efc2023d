"""POST /v1/price-bands/batch: many cars, each answered or refused on its own, in the order they were asked."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from api.deps import PartsDep, SessionDep
from api.errors import ProblemError, mistakes
from api.openapi import problems
from api.price_bands.schemas import PriceBandQuote, PriceBandQuoteRead
from core.errors import InvalidInputError
from serving.price_bands.service import QuoteRequest, quote

MOST_CARS = 500
router = APIRouter(prefix="/v1", tags=["price bands"])
_QUOTE_EXAMPLE = PriceBandQuoteRead.model_json_schema()["examples"][0]


class PriceBandBatch(BaseModel):
    """Cars to put prices on; each as for `POST /v1/price-bands`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"cars": [{"make": "Suzuki", "model": "Alto", "model_year": 2021}, {"make": "Toyota"}]}]
        },
    )

    cars: Annotated[list[JsonValue], Field(min_length=1, max_length=MOST_CARS)]


class BatchProblem(BaseModel):
    """Why one car cannot be answered; the codes of `POST /v1/price-bands`."""

    code: str
    detail: str
    errors: list[ProblemError] = Field(description="Each mistake in the car, with where it is.")


class BatchAnswer(BaseModel):
    """The answer to one car: a quote or a problem, never both."""

    position: int = Field(ge=0, description="Of the car in the question, from 0.")
    quote: PriceBandQuoteRead | None
    problem: BatchProblem | None


class PriceBandBatchRead(BaseModel):
    """One answer a car, in the order of the question: answered + refused = cars."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "answered": 1,
                    "refused": 1,
                    "answers": [
                        {"position": 0, "quote": _QUOTE_EXAMPLE, "problem": None},
                        {
                            "position": 1,
                            "quote": None,
                            "problem": {
                                "code": "invalid_request",
                                "detail": "cars.1.model: Field required",
                                "errors": [{"where": "cars.1.model", "code": "missing", "message": "Field required"}],
                            },
                        },
                    ],
                }
            ]
        }
    )

    answered: int
    refused: int
    answers: list[BatchAnswer]


@router.post(
    "/price-bands/batch",
    summary="What many cars would be worth",
    responses=problems("invalid_json", "body_too_large", "not_json", "invalid_request"),
)
def quote_price_bands(batch: PriceBandBatch, session: SessionDep, opened: PartsDep) -> PriceBandBatchRead:
    """Up to 500 cars in one request of at most 512 KiB. A car that cannot be is refused on its own; the others are
    answered. The answer is 200 even if every car was refused: look at `refused`.
    """
    read = [_read(position, car) for position, car in enumerate(batch.cars)]
    cars = [car for car in read if isinstance(car, QuoteRequest)]
    bands = iter(quote(session, opened.champion, cars) if cars else [])
    answers = []
    for position, car in enumerate(read):
        if isinstance(car, QuoteRequest):
            found = PriceBandQuoteRead.answer(next(bands), car.price_pkr)
            answers.append(BatchAnswer(position=position, quote=found, problem=None))
        else:
            answers.append(BatchAnswer(position=position, quote=None, problem=car))
    return PriceBandBatchRead(answered=len(cars), refused=len(read) - len(cars), answers=answers)


def _read(position: int, car: Any) -> QuoteRequest | BatchProblem:
    try:
        return PriceBandQuote.model_validate(car).car()
    except ValidationError as error:
        found = [one | {"loc": ("cars", position, *one["loc"])} for one in error.errors(include_url=False)]
        code, detail, errors = mistakes(found)
        return BatchProblem(code=code, detail=detail, errors=errors)
    except InvalidInputError as error:
        return BatchProblem(code=error.code, detail=error.detail, errors=[])
