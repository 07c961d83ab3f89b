"""Replicas: every visible GPU, or the processor."""

import tensorflow as tf

from deeppose_tf import errors


def strategy(logical_cpus: int, batch_size: int) -> tf.distribute.Strategy:
    """A MirroredStrategy over all GPUs, or over parts of the processor.

    Args:
        logical_cpus: how many replicas a machine without a GPU makes.
        batch_size: global; must divide among the replicas.
    """
    kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    if kind == "CPU":
        cpu = tf.config.list_physical_devices("CPU")[0]
        parts = [tf.config.LogicalDeviceConfiguration()] * logical_cpus
        tf.config.set_logical_device_configuration(cpu, parts)
    names = [device.name for device in tf.config.list_logical_devices(kind)]
    if batch_size % len(names):
        raise errors.InputError(
            f"--batch_size={batch_size} does not divide among {len(names)} "
            "replicas; make it a multiple"
        )
    return tf.distribute.MirroredStrategy(names)
