"""A training by one process or by several, of which the chief alone writes.

All workers do the same work in the same order, as TensorFlow's collectives ask
for, checkpoints included. Each does it in a folder of its own: the chief in the
run folder, another worker in a copy of it, in a temporary folder that goes with
the process. So no code below asks who writes.
"""

import contextlib
import dataclasses
import pathlib
import shutil
import tempfile
from collections.abc import Iterator

from deeppose_tf.launch import cluster
from deeppose_tf.launch import lazy
from deeppose_tf.models import stage_specs
from deeppose_tf.runs import run_folder
from deeppose_tf.runs.plan import Plan
from deeppose_tf.training.training_options import Placement

with lazy.imports():
    from deeppose_tf.training import devices
    from deeppose_tf.training import workers as workers_

# Of no use to a worker that goes on from the run folder.
_NOT_COPIED = ("tensorboard", "last.weights.h5", ".*")
_OF_OTHER_STAGES = ("checkpoints",)


@dataclasses.dataclass(frozen=True)
class Job:
    """What a process needs for its part of a training.

    Attributes:
        plan: with the folder that this process writes as its run folder.
        workers: the processes, with the strategy of their replicas.
    """

    plan: Plan
    workers: "workers_.Workers"


@contextlib.contextmanager
def begun(plan: Plan, flags_text: str, placement: Placement) -> Iterator[Job]:
    """Claims the run folder for all workers; leaves when all have come so far.

    Args:
        plan: of the training.
        flags_text: all flags, a flag file.
        placement: where it runs.

    Raises:
        InputError: see `run_folder.claimed` and `devices.strategy`; or another
            worker has gone.
    """
    if placement.kind() != "multi_worker":
        with run_folder.claimed(plan, flags_text):
            _check(plan, placement)
            yield Job(plan, workers_.Workers(devices.strategy(placement)))
        return
    # What is wrong with the folder each worker says, before it waits.
    run_folder.check(plan)
    _check(plan, placement)
    workers = workers_.Workers(
        devices.strategy(placement), cluster.from_environment()
    )
    with workers_.loss_noticed(workers), contextlib.ExitStack() as stack:
        if workers.is_chief:
            stack.enter_context(run_folder.claimed(plan, flags_text))
        workers.wait()  # The run folder is complete now.
        if not workers.is_chief:
            plan = _copied(plan, stack.enter_context(_temporary_folder()))
            stack.enter_context(run_folder.claimed(plan, flags_text))
        workers.wait()  # From here on the chief may change it.
        yield Job(plan, workers)
        workers.wait()


def _check(plan, placement):
    devices.check(placement, plan.schedule, plan.crops_of_a_person)


@contextlib.contextmanager
def _temporary_folder():
    with tempfile.TemporaryDirectory(prefix="deeppose-") as folder:
        yield pathlib.Path(folder)


def _copied(plan, folder):
    """The plan for a copy of the run folder and of those of all stages before.

    Those before are copied too: what is missing there is computed there.
    """
    ours, run_dir, ignored = plan.spec, plan.run_dir, _NOT_COPIED
    while run_dir is not None:
        spec = stage_specs.load_spec(run_dir)
        copy = folder / f"stage{spec.stage}"
        shutil.copytree(run_dir, copy, ignore=shutil.ignore_patterns(*ignored))
        stage_specs.save_spec(_moved(spec), copy)
        run_dir = stage_specs.previous_dir(spec, run_dir)
        ignored = (*_NOT_COPIED, *_OF_OTHER_STAGES)
    return dataclasses.replace(
        plan,
        spec=_moved(ours),
        run_dir=folder / f"stage{ours.stage}",
        tensorboard_pictures=False,
    )


def _moved(spec):
    """A stage whose folder lies beside that of the stage before."""
    if spec.previous is None:
        return spec
    return dataclasses.replace(spec, previous=f"../stage{spec.stage - 1}")
