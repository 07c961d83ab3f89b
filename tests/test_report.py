from deeppose_tf import report


def result(pdj):
    return {"figures": {"pdj@0.2": pdj}}


def test_a_stage_worse_than_the_one_before_is_named():
    found = report.worse_stages(
        {
            "mean pose": result(0.9),
            "stage 1": result(0.3),
            "stage 2": result(0.5),
            "stage 3": result(0.4),
        }
    )
    assert found == ["stage 3 is worse than stage 2: PDJ@0.2 0.400 after 0.500"]
