"""Finds people and pictures that occur in several records of a data set."""

from data_prep.validation.checks import CheckedRecord


class DuplicateCheck:
    """Finds persons and pictures that occur in several records."""

    def __init__(self, official_split: bool = False):
        """Begins with no record.

        Args:
            official_split: whether the official split of the data set was
                kept. It may assign people of one picture to different splits,
                as FLIC's does twice; a copy of the picture under another id is
                an error nevertheless.
        """
        self._official_split = official_split
        self._person_ids = set()
        self._images = {}

    def check(self, split: str, record: CheckedRecord) -> tuple[list, list]:
        """Errors and warnings of one more record, given those before."""
        if not record.person_id:
            return [], []
        errors, warnings = [], []
        if record.person_id in self._person_ids:
            errors.append("person id occurs twice")
        self._person_ids.add(record.person_id)
        if record.image_hash:
            first, image_id = self._images.setdefault(
                record.image_hash, (split, record.image_id)
            )
            shared = self._official_split and image_id == record.image_id
            if first != split and shared:
                warnings.append(
                    f"people of one picture in {first} and {split}, as in the "
                    "official split"
                )
            elif first != split:
                errors.append(f"same picture in {first} and {split}")
            elif image_id != record.image_id:
                warnings.append("same picture under another name")
        return errors, warnings
