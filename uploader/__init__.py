"""Secure DICOM Uploader: carry imaging sessions from a hospital to a trial, and no identity with them."""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
"""Or onnxruntime, which reads text in images, tells its maker of every use over the network (since its 1.32)."""

__version__ = "0.1.0"
