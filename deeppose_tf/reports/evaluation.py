"""What a report is about: a model, the people, the predictions, the metrics."""

import dataclasses

from deeppose_tf.data.dataset import Dataset
from deeppose_tf.evaluation.cascade_predictions import CascadePredictions
from deeppose_tf.geometry.box_errors import NONE
from deeppose_tf.geometry.box_errors import BoxErrors
from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.serving import saved_models


@dataclasses.dataclass(frozen=True, eq=False)
class Evaluation:
    """One evaluation of an exported cascade.

    Attributes:
        model: the exported cascade.
        data: the data set.
        split: name of its split.
        skeleton: the joints that model and data both name.
        predictions: of the model for the people of the split, and the truth.
        results: by name (the mean pose, each stage), its metrics with
            intervals; of `CascadePredictions.results`.
        gains: by stage, its difference to the stage before; of
            `comparison.gains`.
        warnings: sentences that the report shows in red.
        compared: of `comparison.compare`, and as "one" and "other" the paths
            of this model and of the baseline's report; None without baseline.
        box_errors: of the boxes that the model was given.
        command: what was run, as one line.
        date: when, for people to read.
    """

    model: saved_models.Loaded
    data: Dataset
    split: str
    skeleton: Skeleton
    predictions: CascadePredictions
    results: dict[str, dict]
    gains: dict[str, dict]
    warnings: list[str]
    compared: dict | None = None
    box_errors: BoxErrors = NONE
    command: str = ""
    date: str = ""
