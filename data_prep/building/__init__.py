"""From annotations to record files, on this machine or by Beam."""
