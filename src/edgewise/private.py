"""Keeps the packages that edgewise builds on from telling their makers about this device.

Found by watching what they write: ONNX Runtime (since 2026 on Linux too) makes an identifier of the device and sends
which networks are loaded and how long they take; NNCF and OpenVINO's converter send which functions are used; Ray sends
what a cluster is made of, from the machine that starts it.
"""

import os
import sys

_SWITCHES = {
    "ORT_DISABLE_TELEMETRY": "1",  # read by ONNX Runtime while it is imported, so it must be set before
    "ORT_TELEMETRY_DISABLED": "1",  # the same by its later name
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
}
_SENDER = "openvino_telemetry"  # OpenVINO and NNCF do without, if it cannot be imported


def keep_to_this_device() -> None:
    """Switch off what would be sent, in this process and those it starts; a switch that the user set stays."""
    for switch, off in _SWITCHES.items():
        os.environ.setdefault(switch, off)


def hide_openvino_telemetry() -> None:
    """Before OpenVINO or NNCF are imported. What the process imported before that stays imported."""
    sys.modules.setdefault(_SENDER, None)  # type: ignore[arg-type] - None makes the import fail
