"""What an error of PyTorch means for us: too little memory, or a device that is gone. Needs no torch."""

from __future__ import annotations

_GONE = ("CUDA error", "CUDA driver error", "cuDNN error", "CUBLAS_STATUS", "device is lost", "device lost")


def is_out_of_memory(error: BaseException) -> bool:
    """Told by a class of its own on cards only."""
    if isinstance(error, MemoryError):
        return True
    named = type(error).__name__ == "OutOfMemoryError" or "can't allocate memory" in str(error)
    return isinstance(error, RuntimeError) and (named or "CUDA error: out of memory" in str(error))


def is_device_lost(error: BaseException) -> bool:
    """After a suspend, a reset of the driver or a fault in a kernel nothing works in this process any more."""
    if not isinstance(error, RuntimeError) or is_out_of_memory(error):
        return False
    return type(error).__name__ == "AcceleratorError" or any(words in str(error) for words in _GONE)
