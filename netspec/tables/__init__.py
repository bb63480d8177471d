"""Connection tables: values, generators, pictures, and what each one is."""

from netspec.tables.kernel import KernelTable
from netspec.tables.table import Table

__all__ = ["KernelTable", "Table"]
