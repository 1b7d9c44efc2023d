"""Run a command with price models that are trained on few folds: `python -m tests.cli.few_folds demo --no-serve`.

It is the fixture `few_folds` for a process of its own.
"""

from cli.app import main
from models.price_bands.boosting.cross_fitting import FoldPlan
from models.price_bands.inputs.folds import SEED

if __name__ == "__main__":
    FoldPlan.of = staticmethod(lambda height, seed=SEED: FoldPlan(3, 2, seed))  # type: ignore[method-assign]
    main()
