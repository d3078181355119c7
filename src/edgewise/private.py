"""Keeps the packages that edgewise builds on from telling their makers about this device.

Found by watching what they write: ONNX Runtime (since 2026 on Linux too) makes an identifier of the device and sends
which networks are loaded and how long they take; NNCF and OpenVINO's converter send which functions are used.
"""

import os
import sys

_SWITCHES = (
    "ORT_DISABLE_TELEMETRY",  # read by ONNX Runtime while it is imported, so it must be set before
    "ORT_TELEMETRY_DISABLED",  # the same by its later name
    "HF_HUB_DISABLE_TELEMETRY",
)
_SENDER = "openvino_telemetry"  # OpenVINO and NNCF do without, if it cannot be imported


def keep_to_this_device() -> None:
    """Switch off what would be sent, in this process and those it starts; a switch that the user set stays."""
    for switch in _SWITCHES:
        os.environ.setdefault(switch, "1")


def hide_openvino_telemetry() -> None:
    """Before OpenVINO or NNCF are imported. What the process imported before that stays imported."""
    sys.modules.setdefault(_SENDER, None)  # type: ignore[arg-type] - None makes the import fail
