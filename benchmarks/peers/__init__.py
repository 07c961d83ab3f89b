"""What a user would pick instead, measured in processes of its own.

Each module but `turns` prints one JSON line: `per_second` and `versions`.
"""
