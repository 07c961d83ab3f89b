"""One update of the weights."""

import tensorflow as tf


def make(model, optimizer, loss, schedule, strategy, average=None):
    """A function from a distributed batch to its mean loss; see `trainer.fit`.

    It trains what is trainable when it is first called, and what the loss
    learns along with the network.
    """
    outputs_of = loss.outputs_of(model)

    def replica_step(crop, joints, labeled):
        with tf.GradientTape() as tape:
            outputs = outputs_of(crop, training=True)
            # The optimizer sums over replicas; dividing by the global batch
            # makes that sum the mean.
            losses = loss(outputs, joints, labeled)
            mean = tf.reduce_sum(losses) / schedule.batch_size
            total = mean + sum(model.losses) / strategy.num_replicas_in_sync
        variables = [*model.trainable_variables, *loss.trainable_variables]
        gradients = tape.gradient(total, variables)
        if schedule.clip_norm is not None:
            gradients = _clip(gradients, schedule.clip_norm)
        optimizer.apply(gradients, variables)
        return mean

    @tf.function
    def step(batch):
        means = strategy.run(replica_step, args=batch)
        if average is not None:
            average.update()
        return strategy.reduce(tf.distribute.ReduceOp.SUM, means, axis=None)

    return step


def _clip(gradients, norm):
    """Clips the gradient of the global batch, not that of one replica."""
    context = tf.distribute.get_replica_context()
    total = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
    clipped, _ = tf.clip_by_global_norm(total, norm)
    return [gradient / context.num_replicas_in_sync for gradient in clipped]
