"""The device table: what was measured on which device, as a folder that a team shares.

FOLDER/DEVICE/device.json is the machine; beside it lies a file for each network. Two people who measure different
networks, or on different devices, never change the same file.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from edgewise.devices.device import Device, check_name, device_id, same_speed
from edgewise.devices.layer import NetworkLayers
from edgewise.devices.network_file import (
    AGAIN,
    MeasuredLayers,
    MeasuredRow,
    NetworkFile,
    file_name,
    read_network,
    write_network,
)
from edgewise.devices.result import Result
from edgewise.errors import StoreError, UsageError
from edgewise.machine import Machine
from edgewise.restore import restore
from edgewise.store import cannot_write, read_json, write_json

FOLDER_VARIABLE = "EDGEWISE_DEVICES"
DEVICE = "device.json"
_KIND, _SCHEMA = "device", 1
_LOCK, _PATIENCE_S = ".lock", 60  # a writer holds it for milliseconds


def default_folder() -> Path:
    """$EDGEWISE_DEVICES, else a folder among this user's data."""
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named)
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "edgewise" / "devices"


class DeviceTable:
    """Devices, the networks that were measured on each, and their layers.

    Reading raises `StoreError`, which names the file, for one that is damaged or another's; what is stored is never
    thrown away. Any number of processes may add at once.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()

    def add(
        self,
        machine: Machine,
        results: Iterable[Result],
        layers: Iterable[NetworkLayers] = (),
        *,
        name: str | None = None,
    ) -> Device:
        """Add what was measured on a machine; what was measured the same way before is replaced, all else stays.

        `name`: of the device, where a user gives one; else it is made of the CPU. Raises `UsageError` for a name that
        another machine has, `StoreError` where the table cannot be written or a file in it is damaged.
        """
        device = Device(check_name(name) if name else device_id(machine), machine)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        rows = [MeasuredRow(result, now) for result in results]
        timed = [MeasuredLayers(network, now) for network in layers]
        networks = dict.fromkeys(
            [(row.result.model, row.result.fingerprint) for row in rows]
            + [(one.network.model, one.network.fingerprint) for one in timed]
        )
        folder = self.folder / device.id
        with _writing(folder):
            self._see_the_same(folder / DEVICE, device)
            for model, fingerprint in networks:
                path = folder / file_name(model, fingerprint)
                stored = read_network(path) if os.path.lexists(path) else NetworkFile(model, fingerprint)
                own = (model, fingerprint)
                newer = stored.with_newer(
                    [row for row in rows if (row.result.model, row.result.fingerprint) == own],
                    [one for one in timed if (one.network.model, one.network.fingerprint) == own],
                )
                write_network(path, newer)
        return device

    def devices(self) -> tuple[Device, ...]:
        """All devices, by id; a table that does not exist has none."""
        return tuple(self._read(path) for path in self._listed(self.folder) if (path / DEVICE).is_file())

    def device(self, id: str) -> Device:
        """The one of that id. Raises `UsageError` where there is none."""
        path = self.folder / id
        if "/" in id or id in ("", ".", "..") or not (path / DEVICE).is_file():
            known = ", ".join(one.id for one in self.devices())
            hint = f"It has: {known}." if known else "It has none; `edgewise benchmark` adds this machine to it."
            raise UsageError(f"The table {self.folder} has no device {id!r}.", hint)
        return self._read(path)

    def networks(self, device: str) -> tuple[NetworkFile, ...]:
        """All that is known of each network on a device."""
        folder = self.folder / self.device(device).id
        paths = [path for path in self._listed(folder) if path.suffix == ".json" and path.name != DEVICE]
        return tuple(map(read_network, paths))

    def results(self, device: str) -> tuple[Result, ...]:
        """What was measured on a device."""
        return tuple(row.result for network in self.networks(device) for row in network.rows)

    def layers(self, device: str) -> tuple[NetworkLayers, ...]:
        """The layers of the networks of which they were measured on a device."""
        return tuple(one.network for network in self.networks(device) for one in network.layers)

    def _see_the_same(self, path: Path, device: Device) -> None:
        """Write the machine of a new device; an earlier one must be as fast."""
        if not os.path.lexists(path):
            write_json(path, _KIND, _SCHEMA, asdict(device.machine))
        elif not same_speed(self._read(path.parent).machine, device.machine):
            raise UsageError(
                f"{path.parent} is another machine: {self._read(path.parent).machine.cpu}.",
                "Give this one another name.",
            )

    def _read(self, folder: Path) -> Device:
        path = folder / DEVICE
        return Device(folder.name, restore(Machine, read_json(path, _KIND, _SCHEMA, AGAIN), path))

    def _listed(self, folder: Path) -> Sequence[Path]:
        """What lies in a folder and is not hidden, by name."""
        try:
            return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise StoreError(
                f"The device table {folder} cannot be read: {error.strerror or error}.", "Choose another --table."
            ) from error


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Be the one writer of a device; nothing is left of the lock, which a version control would take for a change."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / _LOCK, timeout=_PATIENCE_S)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise StoreError(f"Another process is writing to {folder}.", "Wait until it ends, and try again.") from error
    except (OSError, NotImplementedError) as error:
        raise cannot_write(folder, error if isinstance(error, OSError) else OSError(str(error))) from error
    try:
        yield
    finally:
        with suppress(OSError):
            (folder / _LOCK).unlink()  # still locked; who waits for it sees that it is gone, and makes another
        lock.release()
