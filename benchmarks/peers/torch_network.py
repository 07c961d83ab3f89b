"""Training steps and inference of a network by PyTorch.

python -m benchmarks.peers.torch_network NETWORK SIZE BATCH SECONDS WORK WAY

WORK is training or inference; WAY is eager or compiled.
"""

import contextlib
import json
import statistics
import sys
import time

import torch

from benchmarks.peers import torch_networks


def main(argv):
    """Prints crops a second."""
    name, size, batch_size, seconds, work, way = argv[1:]
    size, batch_size = int(size), int(batch_size)
    # Its kernels for this order of memory are the faster ones on CPUs.
    order = torch.channels_last
    model = torch_networks.NETWORKS[name](size).to(memory_format=order)
    crops = torch.rand(batch_size, 3, size, size) * 255
    crops = crops.to(memory_format=order)
    joints = torch.rand(batch_size, torch_networks.JOINTS, 2) - 0.5
    optimizer = torch.optim.Adagrad(model.parameters(), lr=0.0005)
    if way == "compiled":
        model = torch.compile(model)

    def step():
        if work == "inference":
            return model(crops)
        optimizer.zero_grad()
        loss = ((model(crops) - joints) ** 2).sum() / batch_size
        loss.backward()
        optimizer.step()
        return loss

    model.train(work == "training")
    inference = work == "inference"
    with torch.inference_mode() if inference else contextlib.nullcontext():
        for _ in range(3):
            step()
        times = []
        while sum(times) < float(seconds):
            begin = time.monotonic()
            step()
            times.append(time.monotonic() - begin)
    found = {
        "per_second": batch_size / statistics.median(times),
        "versions": {"torch": torch.__version__},
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv)
