"""All machines of a demo AWS: for each instance that the account has, one runs on this host."""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mobula.demo_cloud.aws.cloud import Cloud
from mobula.demo_cloud.aws.world import Instance
from mobula.demo_cloud.machine import Boot, Host, Machine
from providers.base import ClusterRef, ProviderDriver, ProviderError, RayImage

TEND_SECONDS = 0.5
# So long before the end EC2 gives notice of a spot interruption:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
NOTICE = timedelta(minutes=2)
# A cluster whose machines are all gone may get others: what it has on disk stays for a while.
LEFT = timedelta(minutes=10)


class Fleet:
    """Starts and ends machines as the account's instances do; `root` has their directories."""

    def __init__(self, cloud: Cloud, *, host: Host, root: Path) -> None:
        self.cloud, self._host, self._root = cloud, host, root
        self._machines: dict[str, Machine] = {}
        self._taken_back: dict[str, datetime] = {}
        self._empty_since: dict[str, datetime] = {}

    def run(self, over: threading.Event) -> None:
        """Tend the machines until `over` is set; then end all of them."""
        while not over.wait(TEND_SECONDS):
            self.tend()
        self.end()

    def tend(self) -> None:
        """Boot the machines of instances that run, and end those of instances that have ended."""
        now = datetime.now(UTC)
        with self.cloud.lock:
            self._take_back(now)
            states = {one.id: self.cloud.world.state(one) for one in self._instances()}
            running = [one for one in self._instances() if states[one.id] == "running"]
        for instance in running:
            if instance.id not in self._machines:
                machine = Machine(boot_of(instance), host=self._host, gone=self._gone)
                self._machines[instance.id] = machine
                machine.start()
        over = [name for name in self._machines if states.get(name) not in {"running", "pending"}]
        for name in over:
            machine = self._machines.pop(name)
            machine.end()
            self._empty_since[machine.handle] = now
        self._forget(now)

    def interrupt(self, percent: float, *, notice: timedelta = NOTICE) -> Sequence[str]:
        """Have so many of the spot instances that run taken back; return their ids."""
        with self.cloud.lock:
            spot = [
                one.id
                for one in self.cloud.world.alive()
                if one.market == "spot" and one.id not in self._taken_back
            ]
            chosen = spot[: round(len(spot) * percent / 100)]
            for name in chosen:
                self._taken_back[name] = datetime.now(UTC) + notice
        for name in chosen:
            if machine := self._machines.get(name):
                machine.interrupt(self._taken_back[name])
        return chosen

    def status(self) -> Sequence[Mapping[str, str]]:
        """Return the instances that have not ended, as the account lists them."""
        with self.cloud.lock:
            return [
                {
                    "instance": one.id,
                    "type": one.type,
                    "zone": one.zone,
                    "market": one.market,
                    "state": self.cloud.world.state(one),
                    "address": one.address,
                }
                for one in self.cloud.world.alive()
            ]

    def end(self) -> None:
        """End all machines, and remove what they left on disk."""
        threads = [threading.Thread(target=one.end) for one in self._machines.values()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._machines.clear()
        remove_leftovers(self._host.driver, image=self._host.image, root=self._root)

    def _instances(self) -> Sequence[Instance]:
        return list(self.cloud.world.instances.values())

    def _gone(self, name: str) -> None:
        """A machine has shut itself down: instances are launched to terminate then."""
        with self.cloud.lock:
            instance = self.cloud.world.instances[name]
            self.cloud.world.end(instance, "Client.InstanceInitiatedShutdown", "Instance shutdown")

    def _take_back(self, now: datetime) -> None:
        due = [name for name, at in self._taken_back.items() if at <= now]
        for name in due:
            del self._taken_back[name]
            self.cloud.world.interrupt(name)

    def _forget(self, now: datetime) -> None:
        """Remove what clusters without machines have on disk."""
        used = {machine.handle for machine in self._machines.values()}
        for handle, since in list(self._empty_since.items()):
            if handle in used or not handle:
                del self._empty_since[handle]
            elif now - since > LEFT:
                with suppress(ProviderError):
                    self._host.driver.destroy(_reference(handle, self._host.image))
                    del self._empty_since[handle]


def boot_of(instance: Instance) -> Boot:
    """Return what an instance gives its machine."""
    return Boot(
        instance=instance.id,
        index=instance.index,
        address=instance.address,
        zone=instance.zone,
        user_data=base64.b64decode(instance.asked.get("UserData", "")).decode(),
    )


def remove_leftovers(driver: ProviderDriver, *, image: RayImage, root: Path) -> None:
    """End all nodes below `root`: after a demo cloud that was killed they are of no account."""
    if not root.exists():
        return
    for path in root.iterdir():
        if not path.is_dir() or (path / "ended").exists():
            continue
        cluster = _reference(path.name, image)
        for _ in range(50):
            try:
                driver.destroy(cluster)
            except ProviderError:
                threading.Event().wait(0.2)
            else:
                break


def _reference(handle: str, image: RayImage) -> ClusterRef:
    return ClusterRef(cluster_id=handle, handle=handle, name=handle, region="", image=image)
