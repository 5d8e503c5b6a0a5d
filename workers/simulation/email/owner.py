"""Whom the servers of a post office run as: somebody without any rights."""

import grp
import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: Whom they run as where root starts them: somebody who owns nothing.
_NOBODY: Final = "nobody"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom the server runs as."""

    user: str
    uid: int
    group: str
    gid: int

    def own(self, *paths: Path) -> None:
        """Give files and folders to it, where they are not its own already."""
        if os.geteuid() == 0:
            for path in paths:
                os.chown(path, self.uid, self.gid)

    def popen(self) -> dict[str, object]:
        """How a process becomes it."""
        if os.geteuid() != 0:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def owner() -> Owner:
    """Who runs the servers: the caller, or nobody in place of root."""
    entry = pwd.getpwnam(_NOBODY) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    group = grp.getgrgid(entry.pw_gid).gr_name
    return Owner(entry.pw_name, entry.pw_uid, group, entry.pw_gid)
