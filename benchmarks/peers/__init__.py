"""What a user would pick instead, measured in processes of its own.

Each program prints one JSON line: `per_second` and `versions`.
"""
