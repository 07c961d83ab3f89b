"""Published results, shown beside the measured ones."""

# LSP, as table 1 of DeepPose (CVPR 2014) is quoted by other papers, which do
# not say whether PCP is strict or relaxed; not checked against the paper.
DEEPPOSE_ON_LSP = {
    "stage 1": {
        "upper arm": 0.50,
        "lower arm": 0.27,
        "upper leg": 0.74,
        "lower leg": 0.65,
        "mean of 4": 0.54,
    },
    "stage 2": {
        "upper arm": 0.56,
        "lower arm": 0.36,
        "upper leg": 0.78,
        "lower leg": 0.70,
        "mean of 4": 0.60,
    },
    "stage 3": {
        "upper arm": 0.56,
        "lower arm": 0.38,
        "upper leg": 0.77,
        "lower leg": 0.71,
        "mean of 4": 0.61,
    },
}
