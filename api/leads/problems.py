"""Problems of the leads operations."""

from api.parameters import EXAMPLE_LISTING_ID
from core.errors import AutomartError
from core.identity.contacts import BadEmailError
from serving.identity.login import BadProofError
from serving.leads.errors import ContactNeededError, DetailsNeededError, OwnCarError
from serving.listings.errors import ListingNotFoundError
from serving.price_bands.errors import InvalidCarError

ASK_PROBLEMS: tuple[AutomartError, ...] = (
    ListingNotFoundError(EXAMPLE_LISTING_ID),
    DetailsNeededError("offer", "offer_pkr"),
    ContactNeededError(),
    OwnCarError(),
    BadProofError(),
    BadEmailError(),
    InvalidCarError("model_year 1492 is not between 1900 and 2100"),
)
PROBLEMS = ASK_PROBLEMS
