"""Where a training runs: GPUs, parts of the processor, several machines."""

import tensorflow as tf
from absl import logging

from deeppose_tf import errors
from deeppose_tf.launch import cluster
from deeppose_tf.launch import rendezvous
from deeppose_tf.training.training_options import Placement
from deeppose_tf.training.training_options import Schedule


def strategy(placement: Placement) -> tf.distribute.Strategy:
    """The replicas of this process, or of all that train together.

    With several workers it returns when all have come.
    """
    if placement.kind() == "multi_worker":
        return _multi_worker()
    names = _devices(placement.logical_cpus)
    if placement.kind() == "one_device":
        return tf.distribute.OneDeviceStrategy(names[0])
    return tf.distribute.MirroredStrategy(names)


def check(placement: Placement, schedule: Schedule, crops_of_a_person: int):
    """Raises InputError where replicas cannot train as a schedule says.

    Args:
        placement: where the training runs; all machines have as many GPUs.
        schedule: its batches are to divide among all replicas.
        crops_of_a_person: in a row; workers share out people, not crops.
    """
    workers, batch_size = placement.workers(), schedule.batch_size
    local = len(tf.config.list_physical_devices("GPU"))
    local = local or placement.logical_cpus
    if placement.kind() == "one_device":
        local = 1
    replicas = workers * local
    if schedule.jit_compile and replicas > 1:
        # Compiled code would have to meet other replicas'.
        raise errors.InputError(
            f"--jit_compile is for one replica, and here are {replicas}; leave "
            "it out"
        )
    if batch_size % replicas:
        raise errors.InputError(
            f"--batch_size={batch_size} does not divide among {replicas} "
            "replicas; make it a multiple"
        )
    if batch_size % (workers * crops_of_a_person):
        raise errors.InputError(
            f"--batch_size={batch_size} does not divide among {workers} "
            f"workers by --crops_per_person={crops_of_a_person}; make it a "
            f"multiple of {workers * crops_of_a_person}"
        )


def leave_gpus():
    """Leaves all GPUs, with their memory, to other processes."""
    tf.config.set_visible_devices([], "GPU")


def _devices(logical_cpus):
    kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    if kind == "CPU":
        cpu = tf.config.list_physical_devices("CPU")[0]
        parts = [tf.config.LogicalDeviceConfiguration()] * logical_cpus
        tf.config.set_logical_device_configuration(cpu, parts)
    return [device.name for device in tf.config.list_logical_devices(kind)]


def _multi_worker():
    found = cluster.from_environment()
    logging.info("Worker %d of %d", found.index, found.workers)
    rendezvous.meet(found)
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    except tf.errors.OpError as error:
        line = error.message.partition("\n")[0]
        raise errors.InputError(
            f"{cluster.VARIABLE}: the workers did not come together ({line}); "
            "start all workers again"
        ) from error
