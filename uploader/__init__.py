"""Secure DICOM Uploader: carry imaging sessions from a hospital to a trial, and no identity with them."""

__version__ = "0.1.0"
