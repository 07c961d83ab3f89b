"""Replicas: every visible GPU, or the processor."""

import tensorflow as tf

from deeppose_tf import errors


def strategy(logical_cpus: int, batch_size: int) -> tf.distribute.Strategy:
    """A MirroredStrategy over all GPUs, or over parts of the processor.

    Args:
        logical_cpus: how many replicas a machine without a GPU makes.
        batch_size: global; must divide among the replicas.
    """
    check(logical_cpus, batch_size)
    kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    if kind == "CPU":
        cpu = tf.config.list_physical_devices("CPU")[0]
        parts = [tf.config.LogicalDeviceConfiguration()] * logical_cpus
        tf.config.set_logical_device_configuration(cpu, parts)
    names = [device.name for device in tf.config.list_logical_devices(kind)]
    return tf.distribute.MirroredStrategy(names)


def check(logical_cpus: int, batch_size: int):
    """Raises InputError where a batch does not divide among the replicas."""
    replicas = len(tf.config.list_physical_devices("GPU")) or logical_cpus
    if batch_size % replicas:
        raise errors.InputError(
            f"--batch_size={batch_size} does not divide among {replicas} "
            "replicas; make it a multiple"
        )


def leave_gpus():
    """Leaves all GPUs, with their memory, to other processes."""
    tf.config.set_visible_devices([], "GPU")
