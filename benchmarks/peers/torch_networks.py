"""Three of our networks as a user of PyTorch would write them.

Each has the layers of its namesake in deeppose_tf.networks and a head of the
same work: `alexnet` the paper's, the others maps and a soft-argmax.
"""

import torch
from torch import nn
from torch.nn import functional

JOINTS = 14


class Scaled(nn.Module):
    """Pixels in [0, 255] to [-1, 1]."""

    def forward(self, x):
        """Scales [batch, 3, size, size]."""
        return x / 127.5 - 1.0


class SoftArgmax(nn.Module):
    """Maps to the mean coordinate of each."""

    def forward(self, maps):
        """[batch, joints, rows, columns] -> [batch, joints, 2]."""
        share = functional.softmax(maps.flatten(2), -1).view_as(maps)
        x = torch.linspace(-0.5, 0.5, maps.shape[3])
        y = torch.linspace(-0.5, 0.5, maps.shape[2])
        return torch.stack(
            [(share.sum(2) * x).sum(-1), (share.sum(3) * y).sum(-1)], -1
        )


def alexnet(size):
    """DeepPose, sec. 3.1, with its two layers of 4096."""
    norm = {"size": 5, "alpha": 5e-4, "beta": 0.75, "k": 2.0}
    layers = [Scaled(), nn.Conv2d(3, 96, 11, 4, padding=4), nn.ReLU()]
    layers += [nn.LocalResponseNorm(**norm), nn.MaxPool2d(3, 2)]
    layers += [nn.Conv2d(96, 256, 5, padding=2), nn.ReLU()]
    layers += [nn.LocalResponseNorm(**norm), nn.MaxPool2d(3, 2)]
    for before, after in ((256, 384), (384, 384), (384, 256)):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU()]
    layers += [nn.MaxPool2d(3, 2), nn.Flatten()]
    count = nn.Sequential(*layers)(torch.zeros(1, 3, size, size)).shape[1]
    for before in (count, 4096):
        layers += [nn.Linear(before, 4096), nn.ReLU(), nn.Dropout(0.6)]
    last = [nn.Linear(4096, 2 * JOINTS), nn.Unflatten(1, (JOINTS, 2))]
    return nn.Sequential(*layers, *last)


def _conv(before, after, kernel, stride=1, relu=True, groups=1, norm=True):
    layers = [
        nn.Conv2d(
            before,
            after,
            kernel,
            stride,
            padding=kernel // 2,
            groups=groups,
            bias=not norm,
        )
    ]
    layers += [nn.BatchNorm2d(after)] if norm else []
    return nn.Sequential(*layers, *([nn.ReLU()] if relu else []))


class Residual(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    def __init__(self, before, after, stride=1):
        """Of so many channels, before and after."""
        super().__init__()
        self.convs = nn.Sequential(
            _conv(before, after, 3, stride), _conv(after, after, 3, relu=False)
        )
        same = stride == 1 and before == after
        self.short = (
            nn.Identity() if same else _conv(before, after, 1, stride, False)
        )

    def forward(self, x):
        """Of [batch, before, rows, columns]."""
        return functional.relu(self.convs(x) + self.short(x))


class Compact(nn.Module):
    """The small residual network, and maps of its three strides."""

    def __init__(self):
        """For crops of any size."""
        super().__init__()
        self.stride_8 = nn.Sequential(
            Scaled(),
            _conv(3, 32, 3, 2),
            Residual(32, 32, 2),
            Residual(32, 64, 2),
            Residual(64, 64),
        )
        self.stride_16 = nn.Sequential(Residual(64, 128, 2), Residual(128, 128))
        self.stride_32 = Residual(128, 256, 2)
        self.lateral = nn.ModuleList(
            [_conv(n, 128, 1, relu=False) for n in (64, 128, 256)]
        )
        self.maps = nn.Sequential(
            nn.ReLU(), _conv(128, 128, 3), nn.Conv2d(128, JOINTS, 1)
        )
        self.last = SoftArgmax()

    def forward(self, x):
        """[batch, 3, size, size] -> [batch, joints, 2]."""
        eight = self.stride_8(x)
        sixteen = self.stride_16(eight)
        features = [eight, sixteen, self.stride_32(sixteen)]
        merged = [f(x) for f, x in zip(self.lateral, features, strict=True)]
        for coarse in merged[1:]:
            merged[0] = merged[0] + functional.interpolate(
                coarse, merged[0].shape[2:], mode="bilinear"
            )
        return self.last(self.maps(functional.pad(merged[0], [2, 2, 2, 2])))


class Inverted(nn.Module):
    """MobileNetV2's block, without normalization as in MoveNet's files."""

    def __init__(self, before, after, expansion, stride):
        """Of so many channels, before and after."""
        super().__init__()
        wide = before * expansion
        layers = [nn.Conv2d(before, wide, 1), nn.ReLU6()]
        self.layers = nn.Sequential(
            *(layers if expansion > 1 else []),
            nn.Conv2d(wide, wide, 3, stride, 1, groups=wide),
            nn.ReLU6(),
            nn.Conv2d(wide, after, 1),
        )
        self.adds = stride == 1 and before == after

    def forward(self, x):
        """Of [batch, before, rows, columns]."""
        y = self.layers(x)
        return x + y if self.adds else y


class MoveNetLightning(nn.Module):
    """MobileNetV2 and a pyramid to stride 4, with MoveNet's maps."""

    def __init__(self):
        """For crops of multiples of 32."""
        super().__init__()
        self.first = nn.Sequential(
            Scaled(), nn.Conv2d(3, 32, 3, 2, 1), nn.ReLU6()
        )
        groups = (
            *((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)),
            *((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)),
        )
        blocks, before = [], 32
        for expansion, channels, repeats, stride in groups:
            for i in range(repeats):
                step = 1 if i else stride
                blocks.append(Inverted(before, channels, expansion, step))
                before = channels
        self.blocks = nn.ModuleList(blocks)
        self.top = nn.Sequential(
            nn.Conv2d(320, 1280, 1), nn.ReLU6(), nn.Conv2d(1280, 64, 1)
        )
        self.finer = nn.ModuleList(
            [nn.Conv2d(64, 64, 1), nn.Conv2d(32, 32, 1), nn.Conv2d(24, 24, 1)]
        )
        self.filters = nn.ModuleList(
            [
                nn.Sequential(
                    nn.Conv2d(n, n, 3, padding=1, groups=n, bias=False),
                    nn.Conv2d(n, after, 1),
                    nn.ReLU(),
                )
                for n, after in ((64, 32), (32, 24), (24, 24))
            ]
        )
        self.maps = nn.Sequential(
            nn.Conv2d(24, 24, 3, padding=1, groups=24, bias=False),
            nn.Conv2d(24, 96, 1),
            nn.ReLU(),
            nn.Conv2d(96, JOINTS, 1),
        )
        self.last = SoftArgmax()

    def forward(self, x):
        """[batch, 3, size, size] -> [batch, joints, 2]."""
        x, taken = self.first(x), []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in (2, 5, 9):  # Strides 4, 8 and 16.
                taken.append(x)
        x = self.top(x)
        for finer, kept, filters in zip(
            self.finer, reversed(taken), self.filters, strict=True
        ):
            doubled = functional.interpolate(x, scale_factor=2, mode="bilinear")
            x = filters(doubled + finer(kept))
        return self.last(self.maps(functional.pad(x, [2, 2, 2, 2])))


NETWORKS = {
    "alexnet": alexnet,
    "compact": lambda size: Compact(),
    "movenet_lightning": lambda size: MoveNetLightning(),
}
