"""A network in, a smaller network out: coupled channels, plans, surgery, recovery without a gradient, the guard.

Every name is found on first use, so that importing one costs no other. The function `inspect` is imported from
`edgewise.prune.inspect`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgewise.prune.evidence import Evidence as Evidence
    from edgewise.prune.groups import Group as Group
    from edgewise.prune.groups import Member as Member
    from edgewise.prune.guard import Guard as Guard
    from edgewise.prune.inspect import Inspection as Inspection
    from edgewise.prune.load import load_pruned as load_pruned
    from edgewise.prune.load import save_pruned as save_pruned
    from edgewise.prune.make import UserNetwork as UserNetwork
    from edgewise.prune.make import make_user_network as make_user_network
    from edgewise.prune.make import make_user_networks as make_user_networks
    from edgewise.prune.plan import Cut as Cut
    from edgewise.prune.plan import Plan as Plan
    from edgewise.prune.posterior import Posterior as Posterior
    from edgewise.prune.settings import Settings as Settings
    from edgewise.prune.surgery import cut as cut
    from edgewise.prune.surgery import masked as masked
    from edgewise.prune.torch_pruning_groups import find_groups as find_groups

_HOMES = {
    "Cut": "plan",
    "Evidence": "evidence",
    "Group": "groups",
    "Guard": "guard",
    "Inspection": "inspect",
    "Member": "groups",
    "Plan": "plan",
    "Posterior": "posterior",
    "Settings": "settings",
    "UserNetwork": "make",
    "cut": "surgery",
    "find_groups": "torch_pruning_groups",
    "load_pruned": "load",
    "make_user_network": "make",
    "make_user_networks": "make",
    "masked": "surgery",
    "save_pruned": "load",
}

__all__ = [
    "Cut",
    "Evidence",
    "Group",
    "Guard",
    "Inspection",
    "Member",
    "Plan",
    "Posterior",
    "Settings",
    "UserNetwork",
    "cut",
    "find_groups",
    "load_pruned",
    "make_user_network",
    "make_user_networks",
    "masked",
    "save_pruned",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"edgewise.prune.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'edgewise.prune' has no attribute {name!r}")
