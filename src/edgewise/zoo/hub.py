"""Files of the Hugging Face hub: from its local cache where they are there, else over the network."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgewise.errors import MissingExtra, ModelError, UsageError

_PROBE_SECONDS = 5.0
_FORM = re.compile(r"(?P<id>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w.-]+))?(?:/(?P<file>.+))?")


@dataclass(frozen=True)
class HubName:
    """`OWNER/NAME[@REVISION][/FILE]`."""

    id: str
    revision: str | None = None
    file: str | None = None

    def __str__(self) -> str:
        return self.id + (f"@{self.revision}" if self.revision else "")


def parse_hub_name(text: str) -> HubName:
    """Raises `UsageError` for another form."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise UsageError(f"hf:{text} names nothing on the hub.", "Write hf:OWNER/NAME or hf:OWNER/NAME/FILE.onnx.")
    return HubName(match["id"], match["revision"], match["file"])


def fetch(repo: HubName, file: str, *, offline_hint: str = "", missing_hint: str = "") -> Path:
    """The local path of a repository's file. A cached one is taken as it is, without asking the hub.

    Raises `ModelError` when the file is not cached and the hub cannot be reached, forbids it, or has no such file, and
    `MissingExtra` without huggingface_hub. An unreachable hub is noticed after one request of at most 5 seconds.
    """
    found = _fetch(repo, file, offline_hint)
    if found is None:
        raise ModelError(
            f"{repo} on the Hugging Face hub has no file {file}.", missing_hint or "Look at the repository's files."
        )
    return found


def fetch_optional(repo: HubName, file: str) -> Path | None:
    """The same, or None where the repository has no such file, or it is not cached and the hub cannot be reached."""
    try:
        return _fetch(repo, file, "")
    except ModelError:
        return None


def _fetch(repo: HubName, file: str, hint: str) -> Path | None:
    hub = _import_hub(f"The model hf:{repo}")
    from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError, RevisionNotFoundError
    from huggingface_hub.utils import EntryNotFoundError

    try:
        cached = hub.try_to_load_from_cache(repo.id, file, revision=repo.revision)
    except HFValidationError as error:
        raise ModelError(f"The Hugging Face hub can have no {repo}: {_first_line(error)}", "Check the name.") from error
    if isinstance(cached, str):
        return Path(cached)
    if cached is not None:  # the cache knows that the repository has no such file
        return None
    try:
        _check_reachable()
    except ConnectionError as error:
        raise ModelError(
            f"{file} of {repo} is not in the local cache of the Hugging Face hub, and {error}.",
            hint or "Fill the cache where there is a network (HF_HOME names its folder), or name a local file.",
        ) from error
    try:
        with _bars_on_terminals_only():
            return Path(hub.hf_hub_download(repo.id, file, revision=repo.revision))
    except EntryNotFoundError:
        return None
    except GatedRepoError as error:
        raise ModelError(
            f"{repo} on the Hugging Face hub is open only to those who asked for access.",
            "Accept its terms on its page, and set HF_TOKEN.",
        ) from error
    except RepositoryNotFoundError as error:
        raise ModelError(
            f"The Hugging Face hub has no {repo.id}, or it is private.", "Check the name; a private one needs HF_TOKEN."
        ) from error
    except RevisionNotFoundError as error:
        raise ModelError(f"The Hugging Face hub has no {repo}: {_first_line(error)}", "Check the name.") from error
    except Exception as error:  # the network, in whatever form its client of the day puts it
        raise ModelError(f"{file} of {repo} cannot be downloaded: {_first_line(error)}", hint) from error


def _import_hub(what: str) -> Any:
    try:
        import huggingface_hub
    except ImportError as error:
        raise MissingExtra(what, "hub") from error
    return huggingface_hub


def _check_reachable() -> None:
    """One quick request without repeats: the hub's own client tries for a minute. Raises ConnectionError with why."""
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session

    if constants.HF_HUB_OFFLINE:
        raise ConnectionError("HF_HUB_OFFLINE is set")
    try:
        get_session().head(constants.ENDPOINT, timeout=_PROBE_SECONDS)
    except Exception as error:  # requests or httpx, by the version of huggingface_hub
        raise ConnectionError(f"{constants.ENDPOINT} cannot be reached ({_first_line(error)})") from error


@contextmanager
def _bars_on_terminals_only() -> Iterator[None]:
    """The hub client's progress bars on a terminal, silence elsewhere."""
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    if sys.stderr.isatty() or are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:200]
