"""Poses from a model server, over REST or gRPC."""
