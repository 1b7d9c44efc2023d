"""POST /v1/price-bands/batch: many cars, each answered or refused on its own, in the order of the request."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from api.contract.documented import problems
from api.contract.problems import ProblemError
from api.deps import SessionDep, StateDep
from api.errors import invalid_request
from api.price_bands.endpoints import router
from api.price_bands.problems import STORAGE_UNAVAILABLE
from api.price_bands.schemas import PriceBandQuote, PriceBandQuoteRead
from api.rules import KIB, request_rules
from core.errors import InvalidInputError
from serving.price_bands.service import QuoteRequest, quote

MOST_CARS = 500
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


@router.post("/price-bands/batch", summary="Estimate the prices of many cars", responses=problems(STORAGE_UNAVAILABLE))
@request_rules(max_body_bytes=512 * KIB)
def quote_price_bands(batch: PriceBandBatch, session: SessionDep, state: StateDep) -> PriceBandBatchRead:
    """Quote up to 500 cars in one request of at most 512 KiB.

    A car that cannot be is refused on its own; the others are answered. The answer is 200 even if every car was
    refused: look at `refused`.
    """
    questions = [_question(position, car) for position, car in enumerate(batch.cars)]
    cars = [car for car in questions if isinstance(car, QuoteRequest)]
    bands = iter(quote(session, state.champion, cars) if cars else [])
    answers = []
    for position, car in enumerate(questions):
        if isinstance(car, QuoteRequest):
            answer = PriceBandQuoteRead.answer(next(bands), car.price_pkr)
            answers.append(BatchAnswer(position=position, quote=answer, problem=None))
        else:
            answers.append(BatchAnswer(position=position, quote=None, problem=car))
    return PriceBandBatchRead(answered=len(cars), refused=len(questions) - len(cars), answers=answers)


def _question(position: int, car: object) -> QuoteRequest | BatchProblem:
    try:
        return PriceBandQuote.model_validate(car).car()
    except ValidationError as error:
        mistakes = [one | {"loc": ("cars", position, *one["loc"])} for one in error.errors(include_url=False)]
        problem = invalid_request(mistakes)
        return BatchProblem(code=problem.code, detail=problem.detail, errors=list(problem.errors))
    except InvalidInputError as error:
        return BatchProblem(code=error.code, detail=error.detail, errors=[])
