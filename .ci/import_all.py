"""Imports every module of the package."""

from __future__ import annotations

import importlib
import pkgutil

import netspec

names = [module.name for module in pkgutil.walk_packages(netspec.__path__, "netspec.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(f"{len(names)} modules")
