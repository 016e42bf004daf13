"""Follows a build elsewhere until it ends: its phases, its log, and whoever wants it stopped."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from domain.cooldowns import FailureClass
from providers.builders.base import (
    BuildError,
    BuildInterrupted,
    BuildSpec,
    BuildWatcher,
    BuiltImage,
)
from providers.builders.remote.output import Output
from providers.builders.remote.service import Outcome, Progress, RemoteService
from providers.errors import ProviderError

_SLICE_SECONDS = 0.5
_UNITS = "Make it smaller, or raise MOBULA_BUILD_MINUTES."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a service is asked, in seconds."""

    first: float = 2.0
    longest: float = 10.0
    growth: float = 1.5
    late: float = 20.0  # so long after the end, or after another one, lines of the log may come
    latest: float = 300.0  # of all that come after the end
    unknown: float = 60.0  # so long a new build may be unknown to the service


def place_of(remote: str) -> tuple[str, int]:
    """Return the service's name of a build, and how many lines of its log are kept already."""
    name, _, lines = remote.partition(" ")
    return name, int(lines) if lines.isdecimal() else 0


class Follower:
    """One build at one service. What another worker began is taken up where it was left."""

    def __init__(
        self,
        service: RemoteService,
        spec: BuildSpec,
        watcher: BuildWatcher,
        *,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._service, self._spec, self._watcher = service, spec, watcher
        self._pace = pace or Pace()
        self._clock, self._sleep = clock, sleep
        self._ends_at = clock() + spec.limits.seconds
        self._output = Output()
        self._remote, self._kept = place_of(spec.remote)
        self._is_resumed = bool(self._remote)
        self._lines = self._phases = 0
        self._is_told_away = self._is_told_push = False
        self._trouble = ""

    def run(self) -> BuiltImage:
        """Return the image once it is pushed; raises `BuildError`, and then has the build end."""
        if not self._remote:
            if reason := self._service.refusal(self._spec):
                raise BuildError(reason)
            self._remote = self._started()
        self._log = self._service.log(self._remote)
        try:
            built = self._follow()
        except BuildInterrupted:
            raise  # another worker follows it
        except Exception:
            self._stop()
            raise
        self._tidy()
        return built

    def _started(self) -> str:
        """Return the service's name of the build, which is written down: until then, nobody else
        knows of it.
        """
        try:
            remote = self._service.start(self._spec, look=self._watcher.check)
            self._watcher.call_it(remote)
        except (ProviderError, BuildError):
            # Its answer may be what was lost, or the build is not this worker's any more.
            with contextlib.suppress(ProviderError):
                for remote in self._service.find(self._spec.name):
                    self._service.stop(remote)
            self._tidy()
            raise
        return remote

    def _follow(self) -> BuiltImage:
        pause, unknown_since = self._pace.first, self._clock()
        while True:
            self._watcher.check()
            progress, has_moved = self._asked(), False
            if progress:
                unknown_since = self._clock()
                has_moved = self._take(progress)
                if progress.outcome:
                    return self._ended(progress)
            elif self._trouble:
                unknown_since = self._clock()
            if self._clock() - unknown_since > self._pace.unknown:
                raise BuildError(
                    f"{self._service.title} no longer has the build: it was deleted there. "
                    "Build again."
                )
            if self._clock() > self._ends_at:
                minutes = self._spec.limits.seconds / 60
                raise BuildError(f"It did not finish within {minutes:.0f} minutes. {_UNITS}")
            pause = self._pace.first if has_moved else min(
                pause * self._pace.growth, self._pace.longest
            )  # fmt: skip
            self._wait(pause)
            if has_moved:
                # Only now: what is counted as kept was written down by the watcher meanwhile.
                self._watcher.call_it(f"{self._remote} {self._lines}")

    def _asked(self) -> Progress | None:
        """Return how far it is; None while the service does not say."""
        try:
            progress = self._service.progress(self._remote)
        except ProviderError as error:
            if error.failure_class is not FailureClass.TRANSIENT:
                raise
            if not self._trouble:
                self._say(f"{error} The build goes on there; asking again.")
            self._trouble = str(error)
            return None
        self._trouble = ""
        return progress

    def _take(self, progress: Progress) -> bool:
        """Write what is new; return whether anything is."""
        begun = progress.phases[self._phases :]
        for sentence in begun:
            line = self._output.phase(sentence)
            if not self._is_resumed:
                self._say(line)
        self._phases = len(progress.phases)
        self._is_resumed = False
        lines = self._read(progress)
        if self._output.is_pushing and not self._is_told_push:
            self._is_told_push = True
            self._watcher.begin_push()
        return bool(begun or lines)

    def _read(self, progress: Progress) -> int:
        """Take what is new of the log; a log that cannot be read does not end the build."""
        try:
            lines = self._log.more()
        except ProviderError as error:
            if error.failure_class is not FailureClass.TRANSIENT and not self._is_told_away:
                self._is_told_away = True
                self._say(f"The log cannot be read: {error}")
            return 0
        for text in lines:
            self._lines += 1
            shown = self._output.line(text, mark=progress.mark)
            if shown is not None and self._lines > self._kept:
                self._say(shown)
        return len(lines)

    def _ended(self, progress: Progress) -> BuiltImage:
        self._read_late(progress)
        contents = self._output.contents(ray=progress.ray, python=progress.python)
        if progress.outcome is not Outcome.SUCCEEDED:
            if contents.packages:
                self._watcher.inspect(contents)  # says so where that is why
            raise BuildError(self._failure(progress))
        if not progress.digest:
            raise BuildError(
                f"{self._service.title} says that the build succeeded, but not under which digest "
                "the image was pushed. Build again."
            )
        self._watcher.inspect(contents)
        return BuiltImage(digest=progress.digest, contents=contents)

    def _failure(self, progress: Progress) -> str:
        words = self._output.last_words() if progress.outcome is Outcome.FAILED else ""
        return f"{words} ({progress.reason})" if words else progress.reason

    def _read_late(self, progress: Progress) -> None:
        """Wait for the lines that come after the end: while some come, but not for ever."""
        began = since = self._clock()
        patience = self._pace.late
        while not self._output.is_whole and not self._is_told_away:
            if self._clock() - began > self._pace.latest:
                self._say("The rest of the log was not read: too much came after the end.")
                break
            if self._clock() - since >= patience:
                break
            self._wait(min(self._pace.first, self._pace.late))
            if self._take(progress):
                since = self._clock()
                if progress.outcome is not Outcome.SUCCEEDED:
                    patience = self._pace.late / 4
        if not self._is_told_away and (why := self._log.missing()):
            self._say(why)

    def _wait(self, seconds: float) -> None:
        until = self._clock() + seconds
        while (left := until - self._clock()) > 0:
            self._sleep(min(left, _SLICE_SECONDS))
            self._watcher.check()

    def _stop(self) -> None:
        try:
            self._service.stop(self._remote)
        except ProviderError as error:
            self._say(
                f"{self._service.title} did not stop the build: {error} The build ends there by "
                "its own timeout."
            )
        self._tidy()

    def _tidy(self) -> None:
        try:
            self._service.tidy(self._spec.name)
        except ProviderError as error:
            self._say(f"The build context was not removed from its bucket: {error}")

    def _say(self, line: str) -> None:
        self._watcher.write(f"{line}\n".encode())
